// Sales that are safe on a bad line. Each is written down under a key of its own before it is sent with that key, so that whatever is
// lost on the way can be asked again: the service answers a key that it knows as it did before, and never sells twice for it.
import { ApiError } from "kit/api.mjs";
import { createStore } from "kit/store.mjs";
import { say } from "kit/ui.mjs";
import { t } from "kit/texts.mjs";
import { readAll, read, rewrite, write } from "./device.mjs";
import { paused } from "./pauses.mjs";
import { reasonsOf } from "./reasons.mjs";
import { api, followLine } from "./seller.mjs";

const DAY = 86_400_000;
const ASKED_FOR_DAYS = 6; // the service knows a key for 7
const FINISHED_KEPT = 50;
const ANSWER_WITHIN = 20_000;
const SOON = 5_000;
const NOT_DECIDED = new Set([401, 408, 425, 429]);

/** The newest first: {key, customer, campaign, seller, created_at, state, …}; `state` is waiting, done, refused or too-old. */
export const sales = createStore([]);
/** How often the answer to a sale was lost, by its key, since this page was opened. */
export const lost = createStore({});

const shown = new Set(); // whose dialog is open tells about itself
const channel = new BroadcastChannel("guerdon.till");
channel.onmessage = () => refresh();

const isWaiting = (sale) => sale.state === "waiting";
/** What somebody must still know of: sales without an answer, and those that are too old to ask for. */
export const isPending = (sale) => isWaiting(sale) || (sale.state === "too-old" && !sale.put_away);
export const isMine = (sale) => sale.seller.login === api.signedIn.get()?.login;
/** Too old to be sent; or of tomorrow, by a clock that was wrong, so that nobody knows how old. */
const isTooOld = (sale) => {
  const age = Date.now() - sale.created_at;
  return age > ASKED_FOR_DAYS * DAY || age < -DAY / 2;
};

async function refresh() {
  const rows = await readAll("sales");
  sales.set(rows.sort((a, b) => b.created_at - a.created_at));
}

async function keep(sale) {
  await write("sales", sale);
  await refresh();
  channel.postMessage("sales");
}

/** Sell a campaign's reward to a customer: written down first, then sent. Answers the key of the sale, which its dialog shows. */
export async function sell(customer, campaign) {
  if (!isSecureContext) throw new Error(t("error.insecure"));
  const { login, username } = api.signedIn.get();
  const key = crypto.randomUUID();
  shown.add(key);
  await keep({ key, customer, campaign, seller: { login, username }, created_at: Date.now(), state: "waiting" });
  void ask(key).then(askLater);
  return key;
}

/** Ask for the answer to one sale; only one tab does at a time. What is not known after that goes on waiting. */
async function ask(key) {
  try {
    await navigator.locks.request(`guerdon.till.${key}`, { ifAvailable: true }, async (lock) => {
      const sale = lock && (await read("sales", key));
      if (sale && isWaiting(sale) && isMine(sale) && !isTooOld(sale)) await send(sale);
    });
  } catch {
    noteLost({ key }); // an answer that could not be written down is as good as none
  }
}

async function send(sale) {
  let answer;
  try {
    answer = await api.post(`/api/seller/customer/${sale.customer.id}/campaign/${sale.campaign.id}/buy`, undefined, {
      key: sale.key,
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    });
  } catch (error) {
    if (isRefusal(error, sale)) await refused(sale, error);
    else noteLost(sale);
    return;
  }
  const code = answer?.coupon?.code;
  if (code) await settled({ ...sale, state: "done", code });
  else noteLost(sale); // somebody else's answer: the page of a hotel's network, say
}

/**
 * The service itself said no. A server in between, or one that is too busy, has decided nothing; and once an answer was lost, what is not
 * about this purchase (not allowed, not there) may come from somebody else.
 */
function isRefusal(error, sale) {
  if (!(error instanceof ApiError) || error.status >= 500 || NOT_DECIDED.has(error.status)) return false;
  if (Object.keys(error.body).length === 0) return false;
  return !lost.get()[sale.key] || ![403, 404].includes(error.status) || error.body.error?.code === error.status;
}

const noteLost = ({ key }) => lost.set((before) => ({ ...before, [key]: (before[key] ?? 0) + 1 }));

async function refused(sale, error) {
  const reasons = await reasonsOf(sale.customer.id, sale.campaign.id);
  await settled({ ...sale, state: "refused", said: error.status === 404 ? null : error.message, reasons });
}

async function settled(sale) {
  await keep({ ...sale, settled_at: Date.now() });
  if (shown.has(sale.key)) return;
  const values = { reward: sale.campaign.name, name: sale.customer.name };
  if (sale.state === "done") say(t("sale.told.done", values));
  else say(t("sale.told.refused", values), "bad");
}

/** Nobody looks at a sale any more: its answer is told in passing. */
export const leave = (key) => shown.delete(key);

let timer = null, tries = 0;
/** Ask for whatever the seller of now waits for. */
async function askAll() {
  clearTimeout(timer);
  timer = null;
  try {
    await tidy();
  } catch {
    return; // a device that keeps nothing has nothing to ask for
  }
  for (const sale of sales.get().filter((it) => isWaiting(it) && isMine(it))) await ask(sale.key);
  askLater();
}

export async function askNow() {
  tries = 0;
  await askAll();
}

function askLater() {
  if (timer) return;
  if (!sales.get().some((sale) => isWaiting(sale) && isMine(sale))) {
    tries = 0;
    return;
  }
  timer = setTimeout(askAll, paused(tries));
  tries += 1;
}

/** Mark what is too old, forget codes after a day and finished sales after many. What waits is never forgotten. */
async function tidy() {
  const tidied = (sale) => {
    if (isWaiting(sale) && isTooOld(sale)) return { ...sale, state: "too-old" };
    if (sale.code && Date.now() - sale.settled_at > DAY) {
      return { ...sale, code: null, campaign: { ...sale.campaign, instruction: null } };
    }
    return sale;
  };
  await rewrite("sales", (sale) => sale.key, (rows) => {
    const finished = rows.filter((sale) => !isPending(sale)).sort((a, b) => b.created_at - a.created_at);
    return [rows.filter((sale) => tidied(sale) !== sale).map(tidied), finished.slice(FINISHED_KEPT)];
  });
  await refresh();
}

export const putAway = (sale) => keep({ ...sale, put_away: true });

/** The line is back, or seems to be: ask soon, but not at once each time, for it may be back for some questions only. */
function askSoon() {
  if (!timer) return;
  clearTimeout(timer);
  timer = setTimeout(askAll, Math.min(paused(tries), SOON));
}

followLine((isDown) => isDown || askSoon());
addEventListener("online", askNow);
