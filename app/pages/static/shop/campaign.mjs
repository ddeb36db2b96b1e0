// How a campaign is spoken of: in the reader's language, and what one has to do to have something of it.
import { html } from "kit/html.mjs";
import { textOf, whyNot } from "kit/campaign.mjs";
import { money, number, points } from "kit/format.mjs";
import { t } from "kit/texts.mjs";
import { Icon } from "kit/ui.mjs";

const PLENTY = 10_000; // nobody has to hurry for one of so many
const FEW = 5;
const ICONS = { buy: "gift", play: "spark", wheel: "wheel", collect: "steps", shop: "cart", refer: "people" };

/** Its name and texts in the reader's language. */
export const textsOf = (campaign) => ({
  name: textOf(campaign, "name"),
  short: textOf(campaign, "short_description"),
  conditions: textOf(campaign, "conditions_description"),
  usage: textOf(campaign, "usage_instruction"),
});

export const way = (campaign) => (campaign.action === "play" && campaign.draw ? "wheel" : campaign.action);
export const leftOf = (campaign) => (campaign.left !== null && campaign.left < PLENTY ? campaign.left : null);

export const Way = ({ of }) => html`
  <span class="row tight small soft"><span style=${{ width: "1rem" }}><${Icon} name=${ICONS[way(of)]} /></span>${t(`way.${way(of)}`)}</span>
`;

/** What is missing, or how few are left; nothing where one may simply have it. */
export function Standing({ of }) {
  const [reason] = of.reasons, left = leftOf(of);
  if (reason) return html`<span class="badge ${tone(reason)} name" style=${WRAPPED}>${whyNot(reason)}</span>`;
  if (left !== null && left <= FEW) return html`<span class="badge warn">${t("left", { n: left, left: number(left) })}</span>`;
  return of.action === "play" ? html`<span class="badge good">${t("ready")}</span>` : null;
}
const WRAPPED = { whiteSpace: "normal", borderRadius: "var(--round)", padding: "var(--s1) var(--s2)" };

/** What points or time will change, and what nothing will. */
function tone(reason) {
  if (reason.code === "not_enough_points" || reason.code === "not_opted_in") return "accent";
  return reason.opens_at ? "warn" : "";
}

const SHORT = 5;
/** How a reward is called in a word or a number: on a wheel, or beside its title. */
export function mark(reward, currency) {
  if (reward.kind === "voucher" && [...reward.title].length <= SHORT) return reward.title;
  if (reward.kind === "nothing") return "";
  if (reward.kind === "points") return points(reward.amount);
  if (Number(reward.percent) > 0) return `${points(reward.percent)}%`;
  return Number(reward.amount) > 0 ? money(reward.amount, currency, true) : "★";
}

/** A text of some lines. */
export const Lines = ({ children }) => html`<p class="name" style=${{ whiteSpace: "pre-line" }}>${children}</p>`;
