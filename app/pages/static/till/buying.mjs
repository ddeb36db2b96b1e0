// Buying one reward: asked once, sent once, and told as it is: bought, refused, or not known yet.
import { html, useEffect, useRef, useState } from "kit/html.mjs";
import { priceOf, textOf, whyNot } from "kit/campaign.mjs";
import { difference, priced } from "kit/format.mjs";
import { Code } from "kit/code.mjs";
import { useAct } from "kit/load.mjs";
import { useStore } from "kit/store.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Bones, Button, Dialog, Note, Trouble } from "kit/ui.mjs";
import { markAsUsed, purchaseOf } from "./coupons.mjs";
import { askNow, leave, lost, sales, sell } from "./sales.mjs";

const WIDE = { flex: "1 1 auto" }; // buttons to be hit without looking

export function Buying({ customer, campaign, closed, onClose, onDone, onUsed }) {
  const [key, setKey] = useState(null);
  const sale = useStore(sales).find((it) => it.key === key);
  useEffect(() => () => leave(key), [key]);
  const [buy, { busy, error }] = useAct(async () => {
    const chosen = {
      id: campaign.id,
      name: textOf(campaign, "name"),
      price: campaign.price,
      instruction: textOf(campaign, "usage_instruction"),
    };
    setKey(await sell({ id: customer.id, name: customer.name }, chosen));
  });
  // The second tap of a double tap on the tile must not buy.
  const press = (event) => event.detail > 1 || buy();
  const title = html`<span class="clamp">${textOf(campaign, "name")}</span>`;
  return html`
    <${Dialog} title=${title} onClose=${sale?.state === "done" ? onDone : onClose}>
      ${!sale &&
      html`<${Asking} customer=${customer} price=${campaign.price} error=${error} busy=${busy} closed=${closed} onBuy=${press} onClose=${onClose} />`}
      ${sale?.state === "waiting" && html`<${NoAnswerYet} sale=${sale} onClose=${onClose} />`}
      ${sale?.state === "refused" && html`<${Refused} sale=${sale} onClose=${onClose} />`}
      ${sale?.state === "done" && html`<${Bought} sale=${sale} onDone=${onDone} onUsed=${onUsed} />`}
    <//>
  `;
}

const Asking = ({ customer, price, error, busy, closed, onBuy, onClose }) => html`
  <dl class="facts" style=${{ gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 8rem), 1fr))" }}>
    <div><dt>${t("buy.for")}</dt><dd class="name clamp">${customer.name}</dd></div>
    <div><dt>${t("buy.price")}</dt><dd>${priceOf({ price })}</dd></div>
    <div><dt>${t("buy.balance-after")}</dt><dd>${priced(difference(customer.balance, price))}</dd></div>
  </dl>
  ${closed && html`<${Note} tone="warn" icon="offline">${t("shelf.closed")}<//>`}
  <${Trouble} error=${error} />
  <div class="row end">
    <${Button} class="big" onClick=${onClose}>${t("cancel")}<//>
    <${Button} kind="main-action" class="big" autofocus busy=${busy} disabled=${closed} onClick=${onBuy}>${t("buy.yes")}<//>
  </div>
`;

function NoAnswerYet({ sale, onClose }) {
  const times = useStore(lost)[sale.key] ?? 0;
  const [again, { busy }] = useAct(askNow);
  const first = useFocus([times > 0]);
  if (!times) return html`<div role="status"><p>${t("buy.sending")}</p></div><${Bones} lines=${2} />`;
  return html`
    <${Note} tone="warn" icon="clock" role="alert"><p class="strong">${t("buy.no-answer")}</p><p>${t("buy.no-answer.text")}</p><//>
    <div class="row end">
      <${Button} onClick=${onClose}>${t("buy.later")}<//>
      <button type="button" class="button main-action" ref=${first} aria-busy=${busy ? "true" : undefined} onClick=${again}>${t("waiting.ask")}</button>
    </div>
  `;
}

function Refused({ sale, onClose }) {
  const first = useFocus();
  return html`
    <${Note} tone="bad" icon="alert" role="alert"><p class="strong">${t("buy.refused")}</p><${Reasons} sale=${sale} /><//>
    <div class="row end"><button type="button" class="button main-action" ref=${first} onClick=${onClose}>${t("close")}</button></div>
  `;
}

/** Every reason why not; the service's own sentence where it gives no reasons. */
export const Reasons = ({ sale }) =>
  sale.reasons.length
    ? html`<ul>${sale.reasons.map((reason) => html`<li class="name" key=${reason.code}>${whyNot(reason)}</li>`)}</ul>`
    : html`<p class="name">${sale.said ?? t("buy.not-offered")}</p>`;

function Bought({ sale, onDone, onUsed }) {
  const first = useFocus();
  const [isUsed, setUsed] = useState(false);
  const [mark, { busy, error }] = useAct(async () => {
    const bought = await purchaseOf(sale);
    if (!(await markAsUsed(sale.customer, bought))) return;
    setUsed(true);
    onUsed();
  });
  return html`
    <p class="row tight" role="status"><${Badge} tone="good">${t("buy.done")}<//><span class="soft name clamp">${sale.customer.name}</span></p>
    <${Code} text=${sale.code} />
    ${sale.campaign.instruction && html`<p class="name">${sale.campaign.instruction}</p>`}
    <${Trouble} error=${error} />
    <div class="row apart">
      ${isUsed
        ? html`<${Badge} tone="good">${t("coupon.used")}<//>`
        : html`<${Button} class="big" style=${WIDE} icon="check" busy=${busy} onClick=${mark}>${t("coupon.mark")}<//>`}
      <button type="button" class="button main-action big" style=${WIDE} ref=${first} onClick=${onDone}>${t("buy.finish")}</button>
    </div>
  `;
}

/** Give the focus to what is to be pressed next, when it comes into sight. */
function useFocus(about = []) {
  const element = useRef();
  useEffect(() => element.current?.focus(), about);
  return element;
}
