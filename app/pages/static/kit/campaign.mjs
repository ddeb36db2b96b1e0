// How a campaign and what it gives are spoken of, whoever reads.
import { money, percent, points, priced, soon } from "kit/format.mjs";
import { has, language, t } from "kit/texts.mjs";

/** Its `name`, `short_description`, `conditions_description` or `usage_instruction`, in the reader's language where it was translated. */
export function textOf(campaign, what) {
  const translated = campaign.translations?.[language.get()]?.[what];
  return translated || (what === "name" ? campaign.name : campaign.texts[what]) || "";
}

/** What a voucher is called: its reward's title, or the name of the campaign that sold it. */
export const titleOf = ({ title, campaign }) => (title === campaign.name ? textOf(campaign, "name") : title);

/** The tone of a voucher's badge, by its status. */
export const VOUCHER_TONES = { usable: "good", used: "", expired: "warn" };

export const priceOf = ({ price }) => (Number(price) > 0 ? priced(price) : t("free"));

/** What a voucher is worth, where that is money or a part: `5.00 €`, `10%`; null otherwise. */
export function worthOf({ percent: part, amount, currency }) {
  if (Number(part) > 0) return percent(Number(part) / 100);
  return Number(amount) > 0 ? money(amount, currency) : null;
}

/** Why something cannot be had now, in the reader's language where the catalogue has it: `42 points to go`, `Opens Friday 10:00`. */
export function whyNot(reason) {
  const opens = reason.opens_at && soon(reason.opens_at);
  // A limit of a period says that it is reached as well: somebody has had something already.
  if (opens && !reason.code.startsWith("limit_")) return t("reason.opens", { opens });
  const said = inWords(reason);
  return opens ? t("reason.again", { said, opens }) : said;
}

function inWords(reason) {
  const key = `reason.${reason.code}`, missing = reason.missing ?? null;
  if (!has(key)) return reason.message;
  // Where the form of a sentence depends on a number, it is what is missing, or else how many one may have.
  return t(key, { ...reason, missing: missing === null ? "" : points(missing), n: Number(missing ?? reason.required ?? 0) });
}
