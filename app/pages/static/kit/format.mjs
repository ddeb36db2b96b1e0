// Numbers, dates and money as the reader writes them.
import { locale, t } from "kit/texts.mjs";

const DAY = 86_400_000;

export const number = (value, options) => new Intl.NumberFormat(locale(), options).format(Number(value));
/** Points: two decimals only where there are any. */
export const points = (value) => number(value, { minimumFractionDigits: Number(value) % 1 ? 2 : 0, maximumFractionDigits: 2 });
export const priced = (value) => t("points", { n: Number(value), points: points(value) });
/** An amount that somebody wrote, as the service reads it: `1012.5` of `1 012,5`; what is none is left to the service to refuse. */
export const amountOf = (written) => {
  const text = String(written).replace(/[\s\u00a0\u202f]/g, "");
  return /^\d+,\d{1,2}$/.test(text) ? text.replace(",", ".") : text;
};
/** What is left of an amount, in whole hundredths. */
export const difference = (whole, part) => Math.round((Number(whole) - Number(part)) * 100) / 100;
/** A part as its percentage with two decimals at most, to be changed: `0.07` is 7, not 7.000000000000001. */
export const hundredths = (part) => Math.round(part * 10_000) / 100;
export const percent = (part, digits = 2) =>
  number(part, { style: "percent", maximumFractionDigits: digits });
/** An amount of a currency; where room is short, whole ones without their zeros. */
export const money = (value, currency, isShort = false) =>
  number(value, { style: "currency", currency: (currency || "EUR").toUpperCase(), trailingZeroDisplay: isShort ? "stripIfInteger" : "auto" });
export const compact = (value) => number(value, { notation: "compact", maximumFractionDigits: 1 });

/** A moment on the reader's clock, or on one in a zone; a day without a time is the same everywhere. */
function formatted(at, options, zone) {
  const isDay = typeof at === "string" && at.length === 10;
  return new Intl.DateTimeFormat(locale(), { ...options, timeZone: isDay ? "UTC" : zone }).format(moment(at));
}

/** Open Loyalty's calls write `+0100`, which not every browser reads. */
export const moment = (at) => new Date(typeof at === "string" ? at.replace(/([+-]\d\d)(\d\d)$/, "$1:$2") : at);
export const date = (at, zone) => formatted(at, { day: "numeric", month: "short", year: "numeric" }, zone);
export const dayAndMonth = (at, zone) => formatted(at, { day: "numeric", month: "numeric" }, zone);
export const time = (at, zone) => formatted(at, { hour: "2-digit", minute: "2-digit" }, zone);
export const dateTime = (at, zone) =>
  formatted(at, { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" }, zone);
export const weekday = (at, zone) => formatted(at, { weekday: "long", hour: "2-digit", minute: "2-digit" }, zone);

/** When something happens, as one says it: `Friday 10:00` within a week, else the date. */
export function soon(at) {
  const away = moment(at) - Date.now();
  return away > 0 && away < 6 * DAY ? weekday(at) : dateTime(at);
}

/** How long ago, or in how long. */
export function ago(at) {
  const seconds = (moment(at) - Date.now()) / 1000;
  const format = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
  for (const [unit, length] of [["day", 86_400], ["hour", 3_600], ["minute", 60]]) {
    if (Math.abs(seconds) >= length) return format.format(Math.round(seconds / length), unit);
  }
  return format.format(Math.round(seconds), "second");
}

export const name = (person) =>
  [person.firstName ?? person.first_name, person.lastName ?? person.last_name].filter(Boolean).join(" ").trim() || t("nameless");
