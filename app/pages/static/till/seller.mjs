// The API as the seller at this till calls it, and whether the line to it works.
import { createApi, NoAnswer } from "kit/api.mjs";
import { createStore, useStore } from "kit/store.mjs";
import { paused } from "./pauses.mjs";

const calls = createApi("seller");
const line = createStore({ connected: navigator.onLine, answered: true });

addEventListener("online", () => line.set({ connected: true, answered: true }));
addEventListener("offline", () => line.set((before) => ({ ...before, connected: false })));

const isDown = ({ connected, answered }) => !connected || !answered;
export const isOffline = () => isDown(line.get());
export const useOffline = () => isDown(useStore(line));

/** Tell a follower when the line goes down (true) and when it is back (false). */
export function followLine(follower) {
  let before = isOffline();
  return line.follow((now) => {
    if (isDown(now) === before) return;
    before = isDown(now);
    follower(before);
  });
}

function note(answered) {
  if (line.get().answered !== answered) line.set((before) => ({ ...before, answered }));
  if (!answered) listenAgain();
}

async function heard(question) {
  try {
    const answer = await question;
    note(true);
    return answer;
  } catch (error) {
    if (error.name !== "AbortError") note(!(error instanceof NoAnswer));
    throw error;
  }
}

export const api = {
  ...calls,
  call: (...asked) => heard(calls.call(...asked)),
  get: (...asked) => heard(calls.get(...asked)),
  post: (...asked) => heard(calls.post(...asked)),
};

/** Whether the service is there; nobody needs to be signed in to ask that. */
export async function tryLine() {
  try {
    await fetch("/readyz", { cache: "no-store", signal: AbortSignal.timeout(5_000) });
    line.set({ connected: true, answered: true });
  } catch {
    note(false);
  }
}

let timer = null, tries = 0;
/** After an answer was lost, look every now and then whether the line is back. */
function listenAgain() {
  if (timer) return;
  timer = setTimeout(async () => {
    timer = null;
    tries += 1;
    if (!line.get().answered) await tryLine();
    if (line.get().answered) tries = 0;
  }, paused(tries));
}
