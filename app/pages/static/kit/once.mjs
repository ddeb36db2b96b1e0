// What is asked of the service once, however often it is asked: its key is kept until an answer has come, also when the page is loaded
// again. The service answers a key that it knows as it did before.
import { NoAnswer } from "kit/api.mjs";

const kept = new Map(); // where nothing may be kept, as long as the page lasts
const nameOf = (meant) => `guerdon.once.${JSON.stringify(meant)}`;

/** Do `act(key)`. As long as no answer has come to what is `meant` (whatever JSON tells it from others), it has the same key next time. */
export async function once(meant, act) {
  const name = nameOf(meant), key = read(name) ?? randomKey();
  keep(name, key);
  try {
    const answer = await act(key);
    drop(name);
    return answer;
  } catch (error) {
    if (!mayHaveBeenDone(error)) drop(name);
    throw error;
  }
}

/** Whether this was asked before and no answer came. */
export const isUnanswered = (meant) => Boolean(read(nameOf(meant)));

/** A refusal is an answer; a line that was cut, a server in trouble, or a session that ended say nothing about what was done before. */
const mayHaveBeenDone = (error) =>
  error instanceof NoAnswer || !error.status || error.status >= 500 || [401, 408, 429].includes(error.status);

/** `crypto.randomUUID` is only there in secure contexts; random bytes are everywhere. */
const randomKey = () =>
  crypto.randomUUID?.() ?? [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function read(name) {
  try {
    return sessionStorage.getItem(name) ?? kept.get(name);
  } catch {
    return kept.get(name);
  }
}

function keep(name, key) {
  kept.set(name, key);
  try {
    sessionStorage.setItem(name, key);
  } catch {
    // It is kept above.
  }
}

function drop(name) {
  kept.delete(name);
  try {
    sessionStorage.removeItem(name);
  } catch {
    // It was not kept there.
  }
}
