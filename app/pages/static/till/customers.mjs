// The customers whom a till serves: finding them, and what each can have. What was last known of a few is kept for when the line is down.
import { NoAnswer } from "kit/api.mjs";
import { name } from "kit/format.mjs";
import { clear, read, readAll, rewrite, write } from "./device.mjs";
import { api } from "./seller.mjs";

const FOUND = 8;
const KEPT = 20;
const DAY = 86_400_000;
const HELD = 100;
const PAGE = 48;

const address = (id, rest) => `/api/seller/customer/${encodeURIComponent(id)}/${rest}`;

/** Who is found by the beginning of a card, a name, an address or a phone: `{text, customers, isOld}`. */
export async function find(text, signal) {
  if (!text) return { text, customers: [], isOld: false };
  try {
    const { customers } = await api.get("/api/seller/customers", { text, size: FOUND }, { signal });
    return { text, customers: customers.map(found), isOld: false };
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return { text, customers: await findKept(text), isOld: true };
  }
}

const found = (it) => ({
  id: it.id,
  name: name(it),
  card: it.loyalty_card_number,
  email: it.email,
  phone: it.phone,
  balance: Number(it.balance),
  isActive: it.status === "active",
});

async function findKept(text) {
  const wanted = text.toLowerCase();
  const rows = await readAll("customers");
  const begins = (said) => said?.toLowerCase().startsWith(wanted);
  return rows
    .map((row) => row.customer)
    .filter((it) => [it.card, it.email, it.phone, it.name, ...it.name.split(" ")].some(begins))
    .slice(0, FOUND);
}

/** `{customer, campaigns, more, vouchers, at, isOld}`: as it is now or, when the line is down, as it was; so many pages of campaigns. */
export async function load(id, pages, signal) {
  try {
    const now = await loadNow(id, pages, signal);
    void keep(now).catch(() => null); // a device that keeps nothing shows nothing without a line
    return now;
  } catch (error) {
    const kept = error instanceof NoAnswer && (await read("customers", id).catch(() => null));
    if (!kept) throw error;
    return { ...kept, isOld: true };
  }
}

async function loadNow(id, pages, signal) {
  const [status, details, shown, held] = await Promise.all([
    api.get(address(id, "status"), null, { signal }),
    api.get(`/api/customer/${encodeURIComponent(id)}`, null, { signal }),
    shelf(id, pages, signal),
    api.get(address(id, "vouchers"), { usable: true, size: HELD }, { signal }),
  ]);
  const customer = {
    id,
    name: name(status),
    card: details.loyaltyCardNumber ?? null,
    email: details.email ?? null,
    phone: details.phone ?? null,
    level: status.levelName ?? null,
    balance: Number(status.points),
    locked: Number(status.lockedPoints ?? 0),
    isActive: details.active,
    isNew: details.status.type === "new",
  };
  return { id, customer, ...shown, vouchers: held.vouchers, at: Date.now(), isOld: false };
}

async function shelf(id, pages, signal) {
  const campaigns = [];
  let more = true;
  for (let page = 0; more && page < pages; page += 1) {
    const read = await api.get(address(id, "campaigns"), { size: PAGE, before: campaigns.at(-1)?.number }, { signal });
    campaigns.push(...read.campaigns);
    ({ more } = read);
  }
  return { campaigns, more };
}

async function keep(now) {
  await write("customers", now);
  await rewrite("customers", (row) => row.id, (rows) => {
    const fresh = rows.filter((row) => Date.now() - row.at < DAY).sort((a, b) => b.at - a.at).slice(0, KEPT);
    return [[], rows.filter((row) => !fresh.includes(row))];
  });
}

// What was known of customers is for whoever signed in.
api.signedIn.follow((session) => session || void clear("customers").catch(() => null));

export const activate = (id) => api.post(address(id, "activate"));
export const activateWithCode = (code) => api.post(`/api/customer/activate-sms/${encodeURIComponent(code.replace(/\s/g, ""))}`);
export const sendCode = (id) => api.post(address(id, "send-sms-code"));
/** Whether new customers are sent a code to activate their account with. */
export const sendsCodes = async (signal) => (await api.get("/api/settings/activation-method", null, { signal })).method === "sms";
