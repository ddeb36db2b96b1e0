// What was asked and not answered yet. The key of a purchase is kept until its answer comes, so that asking again, even after a reload,
// is the same question: it is done once, however often it is asked.
import { NoAnswer } from "kit/api.mjs";
import { api } from "./api.mjs";

const unkept = new Map(); // where nothing may be kept, as long as the page lasts
const place = (wish, campaign) => `guerdon.shop.${wish}.${api.signedIn.get().id}.${campaign}`;

function read(name) {
  try {
    return sessionStorage.getItem(name) ?? unkept.get(name);
  } catch {
    return unkept.get(name);
  }
}

function keep(name, key) {
  unkept.set(name, key);
  try {
    sessionStorage.setItem(name, key);
  } catch {
    // It is kept above.
  }
}

function drop(name) {
  unkept.delete(name);
  try {
    sessionStorage.removeItem(name);
  } catch {
    // It was not kept there.
  }
}

/** Whether this was asked before and no answer came. */
export const isUnanswered = (wish, campaign) => Boolean(read(place(wish, campaign)));

/** Ask the API to do something once. `wish` is buy or play. */
export async function askOnce(wish, campaign, path) {
  const name = place(wish, campaign), key = read(name) ?? randomKey();
  keep(name, key);
  try {
    const answer = await api.post(path, undefined, { key });
    drop(name);
    return answer;
  } catch (error) {
    if (!mayHaveBeenDone(error)) drop(name);
    throw error;
  }
}

/** A refusal is an answer; a line that was cut, a server in trouble, or a session that ended say nothing about what was done before. */
const mayHaveBeenDone = (error) =>
  error instanceof NoAnswer || !error.status || error.status >= 500 || [401, 408, 429].includes(error.status);

/** `crypto.randomUUID` is only there in secure contexts; random bytes are everywhere. */
const randomKey = () =>
  crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
