// How long to wait before asking once more: longer each time, and never all tills at the same moment.
const SECONDS = [1, 2, 5, 10, 20, 40, 60];

export function paused(tries) {
  const seconds = SECONDS[Math.min(tries, SECONDS.length - 1)];
  return seconds * 1_000 * (0.75 + Math.random() / 2);
}
