// The sales of this till: those without an answer, and the last ones.
import { html, useState } from "kit/html.mjs";
import { dateTime, time } from "kit/format.mjs";
import { priceOf } from "kit/campaign.mjs";
import { Code } from "kit/code.mjs";
import { useAct } from "kit/load.mjs";
import { navigate, to } from "kit/router.mjs";
import { useStore } from "kit/store.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, Dialog, Empty, Table, Title, Trouble } from "kit/ui.mjs";
import { Reasons } from "./buying.mjs";
import { askNow, isMine, isPending, putAway, sales } from "./sales.mjs";

const LAST = 10;
const TONES = { waiting: "warn", done: "good", refused: "bad", "too-old": "warn" };

export function LastSales() {
  const rows = useStore(sales);
  const pending = rows.filter(isPending), finished = rows.filter((sale) => !isPending(sale)).slice(0, LAST);
  return html`
    <${Title} text=${t("sales.text")}>${t("sales.title")}<//>
    ${pending.length > 0 &&
    html`
      <section class="stack" aria-labelledby="waiting">
        <div class="row apart"><h2 id="waiting">${t("waiting.title")}</h2><${AskNow} /></div>
        <p class="soft">${t("waiting.text")}</p>
        <div class="sheet flush"><${Sales} label=${t("waiting.title")} rows=${pending} /></div>
      </section>`}
    ${finished.length > 0
      ? html`<div class="sheet flush"><${Sales} label=${t("sales.title")} rows=${finished} /></div>`
      : html`
          <${Empty} icon="list" title=${t("sales.none")}>
            <p>${t("sales.none.text")}</p>
            <${Button} kind="main-action" onClick=${() => navigate("/")}>${t("sales.start")}<//>
          <//>`}
  `;
}

/** What waits, over whatever else is in sight. */
export function Waiting({ onClose }) {
  const pending = useStore(sales).filter(isPending);
  return html`
    <${Dialog} wide title=${t("waiting.title")} onClose=${onClose}>
      <p class="soft">${t("waiting.text")}</p>
      <div role="status">${pending.length === 0 && html`<${Empty} icon="check" title=${t("waiting.none")} />`}</div>
      ${pending.length > 0 && html`<${Sales} label=${t("waiting.title")} rows=${pending} onLeave=${onClose} />`}
      <div class="row end">
        <${Button} href=${to("/sales")} onClick=${onClose}>${t("menu.sales")}<//>
        ${pending.length > 0 && html`<${AskNow} />`}
      </div>
    <//>
  `;
}

function AskNow() {
  const [ask, { busy }] = useAct(askNow);
  return html`<${Button} kind="main-action" busy=${busy} onClick=${ask}>${t("waiting.ask")}<//>`;
}

function Sales({ label, rows, onLeave }) {
  const [shown, setShown] = useState(null);
  const columns = [
    { key: "reward", label: t("sale.reward"), cell: (sale) => html`<span class="strong name clamp">${sale.campaign.name}</span>` },
    {
      key: "customer",
      label: t("sale.customer"),
      cell: (sale) => html`<a class="name clamp" href=${to(`/customer/${sale.customer.id}`)} onClick=${onLeave}>${sale.customer.name}</a>`,
    },
    { key: "price", label: t("buy.price"), number: true, cell: (sale) => priceOf(sale.campaign) },
    { key: "time", label: t("sale.time"), cell: (sale) => html`<span class="soft">${when(sale.created_at)}</span>` },
    { key: "state", label: t("sale.state"), cell: (sale) => html`<${State} sale=${sale} />` },
    { key: "act", label: "", cell: (sale) => html`<${Act} sale=${sale} onShow=${() => setShown(sale)} onLeave=${onLeave} />` },
  ];
  return html`
    <${Table} label=${label} columns=${columns} rows=${rows} id=${(sale) => sale.key} />
    ${shown && html`<${Sold} sale=${shown} onClose=${() => setShown(null)} />`}
  `;
}

const when = (at) => (new Date(at).toDateString() === new Date().toDateString() ? time(at) : dateTime(at));

function State({ sale }) {
  const isOthers = sale.state === "waiting" && !isMine(sale);
  return html`
    <div class="stack" style=${{ gap: "0.25rem", alignItems: "flex-start" }}>
      <${Badge} tone=${TONES[sale.state]}>${t(`sale.state.${sale.state}`)}<//>
      ${isOthers && html`<span class="small name">${t("waiting.others", { username: sale.seller.username })}</span>`}
      ${sale.state === "too-old" && html`<span class="small">${t("waiting.too-old")}</span>`}
      ${sale.state === "refused" && html`<div class="small"><${Reasons} sale=${sale} /></div>`}
    </div>
  `;
}

function Act({ sale, onShow, onLeave }) {
  const [away, { busy, error }] = useAct(() => putAway(sale));
  if (sale.code) return html`<${Button} aria-label=${t("coupon.show-of", { title: sale.campaign.name })} onClick=${onShow}>${t("sale.show")}<//>`;
  if (sale.state === "done") return html`<span class="small soft">${t("sale.code-gone")}</span>`;
  if (sale.state !== "too-old" || sale.put_away) return null;
  return html`
    <div class="row tight">
      <${Button} href=${to(`/customer/${sale.customer.id}`)} onClick=${onLeave}>${t("waiting.look")}<//>
      <${Button} kind="plain" busy=${busy} onClick=${away}>${t("waiting.put-away")}<//>
    </div>
    <${Trouble} error=${error} />
  `;
}

const Sold = ({ sale, onClose }) => html`
  <${Dialog} title=${html`<span class="clamp">${sale.campaign.name}</span>`} onClose=${onClose}>
    <p class="soft name clamp">${sale.customer.name}</p>
    <${Code} text=${sale.code} />
    ${sale.campaign.instruction && html`<p class="name">${sale.campaign.instruction}</p>`}
    <div class="row end"><${Button} kind="main-action" class="big" onClick=${onClose}>${t("close")}<//></div>
  <//>
`;
