// What things are called, and the colour of what they mean.
import { html } from "kit/html.mjs";
import { date } from "kit/format.mjs";
import { has, inWords, t } from "kit/texts.mjs";
import { Badge } from "kit/ui.mjs";

const TONES = { live: "good", paused: "warn", completed: "", draft: "accent", inreview: "accent" };

/** Whether a campaign is a draft, runs, waits for its beginning, or is over. */
export function Life({ campaign }) {
  const { lifecycle, activity } = campaign;
  const now = Date.now();
  if (lifecycle === "live" && activity?.from && new Date(activity.from) > now) return html`<${Badge} tone="accent">${t("life.waiting")}<//>`;
  if (lifecycle === "live" && activity?.to && new Date(activity.to) <= now) return html`<${Badge}>${t("life.over")}<//>`;
  return html`<${Badge} tone=${TONES[lifecycle]}>${t(`life.${lifecycle}`)}<//>`;
}

/** What a campaign does, in a word. */
export function purpose(campaign) {
  if (campaign.sale) return t("purpose.sale");
  if (campaign.handling === "random_draw") return t("purpose.draw");
  return t(`purpose.${campaign.context}`);
}

export function windowText({ from, to }, zone) {
  if (!from && !to) return t("window.always");
  if (!to) return t("window.from", { from: date(from, zone) });
  if (!from) return t("window.to", { to: date(to, zone) });
  return t("window.between", { from: date(from, zone), to: date(to, zone) });
}

/** A difference as the service says it, `price in points: 5 → 9`, in the reader's words as far as the catalogue has them. */
export function changeText(text) {
  const at = text.indexOf(": ");
  if (at < 0) return text;
  const what = text.slice(0, at), values = text.slice(at + 2).split(" → ");
  const said = what === "lifecycle" ? values.map((it) => t(`life.${it}`)) : values.map(inWords);
  return `${what.split(", ").map(inWords).join(", ")}: ${said.join(" → ")}`;
}

/** What somebody did, in words; the call's own name where there are none. */
export const actionText = (action) => (has(`action.${action}`) ? t(`action.${action}`) : action.replaceAll("_", " "));
