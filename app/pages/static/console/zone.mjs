// Moments as a clock in some place shows them, and back.

/** `2026-12-24T18:00` of a moment, on a clock in a zone. */
export function onClock(at, zone) {
  if (!at) return "";
  const parts = Object.fromEntries(
    new Intl.DateTimeFormat("en-CA", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" })
      .formatToParts(new Date(at))
      .map(({ type, value }) => [type, value]),
  );
  return `${parts.year.padStart(4, "0")}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

/** The moment, in ISO 8601, at which a clock in a zone shows this; null for nothing. Of an hour that comes twice, the first. */
export function momentOn(clock, zone) {
  if (!clock) return null;
  const wanted = Date.parse(`${clock}:00Z`);
  if (Number.isNaN(wanted)) return null;
  const candidates = [];
  for (const hours of [-24, 0, 24]) {
    const guess = wanted + hours * 3_600_000;
    const offset = Date.parse(`${onClock(guess, zone)}:00Z`) - guess;
    candidates.push(wanted - offset);
  }
  const exact = candidates.filter((moment) => onClock(moment, zone) === clock);
  // A clock that is put forward skips an hour: what is written then is the moment after the jump.
  return new Date(exact.length ? Math.min(...exact) : Math.max(...candidates)).toISOString().replace(".000Z", "+00:00");
}

export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;
