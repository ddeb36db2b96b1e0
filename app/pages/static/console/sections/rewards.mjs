// What is given: one thing, several, or one of them by lot, with its part of the whole.
import { html } from "kit/html.mjs";
import { number, percent } from "kit/format.mjs";
import { t } from "kit/texts.mjs";
import { Button, Field } from "kit/ui.mjs";
import { reward } from "../document.mjs";
import { AmountAt, ChoiceAt, LimitAt, NumberAt, Problem, Section, TextAt, counted } from "./parts.mjs";

const KINDS = ["points", "voucher", "coupon", "nothing"];
const VOUCHERS = ["basket", "basket_pct", "honour"];
const DAY_SECONDS = 86_400;

export function Rewards({ edit }) {
  if (edit.value("/sale")) return null;
  const rewards = edit.value("/rewards"), isDraw = edit.value("/handling") === "random_draw";
  const add = () => edit.set("/rewards", [...rewards, reward("points", t("begin.points"), referral(edit) ? { recipient: "referring" } : {})]);
  return html`
    <${Section} title=${t("section.rewards")} text=${isDraw ? t("section.rewards.draw") : t("section.rewards.text")}>
      ${rewards.map((it, i) => html`<${Reward} key=${i} edit=${edit} i=${i} it=${it} isDraw=${isDraw} whole=${weightOf(rewards)} />`)}
      <${Problem} of=${edit.problem("/rewards")} />
      <div><${Button} icon="plus" onClick=${add}>${t("reward.add")}<//></div>
    <//>
  `;
}

/** `9.17%, one in 11`; of what is drawn more often than not, the percentage only. */
function oddsOf(part) {
  if (!part) return t("reward.never");
  if (part > 0.5) return percent(part);
  return t("reward.odds", { percent: percent(part), times: number(1 / part, { maximumFractionDigits: part > 0.1 ? 1 : 0 }) });
}

const referral = (edit) => edit.value("/kind") === "referral";
const weightOf = (rewards) => rewards.reduce((sum, it) => sum + (Number(it.weight) || 0), 0);

const forSales = (edit) => (edit.value("/context") ?? edit.value("/kind")) === "basket";

function Reward({ edit, i, it, isDraw, whole }) {
  const place = `/rewards/${i}`, rewards = edit.value("/rewards");
  const remove = () => edit.set("/rewards", rewards.filter((_, other) => other !== i));
  const become = (kind) => edit.set(place, { ...reward(kind, it.title), key: it.key, weight: it.weight, stock: it.stock, recipient: it.recipient, behavior: it.behavior });
  const part = whole ? (Number(it.weight) || 0) / whole : 0;
  return html`
    <fieldset class="stack" style=${{ borderTop: i ? "1px solid var(--line)" : "0", paddingTop: i ? "var(--s4)" : "0" }}>
      <legend class="unseen">${t("reward.number", { n: i + 1 })}</legend>
      <div class="fields">
        <${TextAt} edit=${edit} at=${`${place}/title`} label=${t("reward.title")} />
        <${Field} as="select" label=${t("reward.kind")} options=${KINDS.map((kind) => [kind, t(`reward-kind.${kind}`)])} value=${it.kind} problem=${edit.problem(`${place}/kind`)} onInput=${become} />
        ${it.kind === "points" && html`<${AmountAt} edit=${edit} at=${`${place}/points`} label=${t("reward.points")} />`}
        ${it.kind === "voucher" && html`<${ChoiceAt} edit=${edit} at=${`${place}/voucher/kind`} label=${t("reward.voucher")} options=${VOUCHERS.map((kind) => [kind, t(`voucher.${kind}`)])} />`}
        ${it.kind === "voucher" && it.voucher.kind === "basket" && html`<${AmountAt} edit=${edit} at=${`${place}/voucher/amount`} orNull=${forSales(edit)} label=${t("reward.amount", { currency: edit.choices.currency })} />`}
        ${it.kind === "voucher" && it.voucher.kind === "basket" && forSales(edit) && html`<${AmountAt} edit=${edit} at=${`${place}/voucher/percent`} orNull label=${t("reward.share")} hint=${t("reward.share.hint")} />`}
        ${it.kind === "voucher" && it.voucher.kind === "basket_pct" && html`<${AmountAt} edit=${edit} at=${`${place}/voucher/percent`} label=${t("reward.percent")} />`}
        ${it.kind === "voucher" && it.voucher.kind === "honour" && html`<${TextAt} edit=${edit} at=${`${place}/voucher/code`} orNull label=${t("code")} />`}
        ${it.kind === "voucher" && html`<${Days} edit=${edit} at=${`${place}/voucher/valid_seconds`} />`}
        ${isDraw &&
        html`<${NumberAt} edit=${edit} at=${`${place}/weight`} label=${t("reward.weight")} hint=${oddsOf(part)} />`}
        ${it.kind !== "nothing" && html`<${NumberAt} edit=${edit} at=${`${place}/stock`} label=${t("reward.stock")} hint=${t("reward.stock.hint")} />`}
        ${referral(edit) && html`<${ChoiceAt} edit=${edit} at=${`${place}/recipient`} label=${t("reward.for")} options=${["referring", "referred"].map((who) => [who, t(`recipient.${who}`)])} />`}
        ${edit.value("/behaviors")?.length > 0 &&
        html`<${ChoiceAt} edit=${edit} at=${`${place}/behavior`} label=${t("reward.behavior")} options=${[["", t("reward.behavior.each")], ...edit.value("/behaviors").map((each) => [each.name, each.name])]} />`}
      </div>
      <div class="row apart top">
        ${it.kind === "nothing" ? html`<span></span>` : html`<${LimitAt} edit=${edit} at=${`${place}/per_customer`} label=${t("reward.per-customer")} forEver />`}
        <${Button} kind="plain" onClick=${remove} aria-label=${t("reward.remove", { title: it.title })}>${t("remove")}<//>
      </div>
    </fieldset>
  `;
}

/** How long it is good for, in days; the document counts seconds. */
function Days({ edit, at }) {
  const seconds = edit.value(at);
  const days = seconds === null ? "" : typeof seconds === "number" ? seconds / DAY_SECONDS : seconds;
  const change = (value) => {
    const found = counted(value);
    edit.set(at, typeof found === "number" ? found * DAY_SECONDS : found);
  };
  return html`<${Field} label=${t("reward.days")} hint=${t("reward.days.hint")} inputmode="numeric" class="short" value=${days} problem=${edit.problem(at)} onInput=${change} />`;
}
