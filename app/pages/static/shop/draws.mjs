// Whether a draw is right: computed again here, from what the service publishes. See docs/draws.md.

const HEX = /^[0-9a-f]{64}$/i;
const TICKET_BITS = 256n;

/**
 * The steps of checking a draw, in their order: `[{name, agrees, …}]`. `agrees` is null for what cannot be checked, and `because` says
 * why: `sealed` as long as the seed is not published, `insecure` where the browser has no Web Crypto.
 */
export async function checked(draw) {
  return [await commitmentStep(draw), await ticketStep(draw), placeStep(draw)];
}

/** The seed is the one that was committed to before the first draw. */
async function commitmentStep({ seed, commitment }) {
  const because = hindrance(seed);
  if (because) return { name: "commitment", agrees: null, because, commitment };
  const computed = HEX.test(seed) ? hex(await crypto.subtle.digest("SHA-256", bytes(seed))) : null;
  return { name: "commitment", agrees: computed !== null && computed === commitment.toLowerCase(), commitment, seed, computed };
}

/** The ticket follows from the seed, the campaign, the customer and the number of the draw, and from nothing else. */
async function ticketStep({ seed, ticket, campaign, customer, number }) {
  const text = `${campaign.id}/${customer}/${number}`, because = hindrance(seed);
  if (because) return { name: "ticket", agrees: null, because, ticket, text };
  const computed = HEX.test(seed) ? await signed(bytes(seed), text) : null;
  return { name: "ticket", agrees: computed !== null && computed === ticket.toLowerCase(), ticket, text, computed };
}

/** The ticket, read as a number, is a place on the line of the candidates; the one that lies there is the one that was drawn. */
function placeStep({ ticket, candidates, drawn }) {
  const line = [...candidates].sort((one, other) => one.method - other.method);
  const sum = line.reduce((all, it) => all + BigInt(it.weight), 0n);
  const named = candidates.find((it) => it.method === drawn);
  if (!HEX.test(ticket) || sum <= 0n) return { name: "place", agrees: false, line, sum, place: null, found: null, named };
  const place = (BigInt(`0x${ticket}`) * sum) >> TICKET_BITS;
  let reached = 0n;
  const found = line.find((it) => place < (reached += BigInt(it.weight)));
  return { name: "place", agrees: found?.method === drawn, line, sum, place, found, named };
}

function hindrance(seed) {
  if (!seed) return "sealed";
  return crypto.subtle ? null : "insecure";
}

async function signed(key, text) {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return hex(await crypto.subtle.sign("HMAC", imported, new TextEncoder().encode(text)));
}

const bytes = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
