// A key for what is asked of the service and may be asked again: the same as long as the same is meant and no answer has come.
import { NoAnswer } from "kit/api.mjs";

const unanswered = new Map();

/** Do `act` with a key. When its answer is lost, the same `meant` has the same key next time, so that it is not done twice. */
export async function keyOf(meant, act) {
  const name = JSON.stringify(meant);
  const key = unanswered.get(name) ?? crypto.randomUUID();
  unanswered.set(name, key);
  try {
    const answer = await act(key);
    unanswered.delete(name);
    return answer;
  } catch (error) {
    if (!(error instanceof NoAnswer) && !(error.status >= 500)) unanswered.delete(name);
    throw error;
  }
}
