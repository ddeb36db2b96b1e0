// What was sold in the shops: found by number, or those that are nobody's yet; one, with what it earned and why not more.
import { html, useState } from "kit/html.mjs";
import { dateTime, money, points } from "kit/format.mjs";
import { useAct, useLoad } from "kit/load.mjs";
import { to, useQuery, useSearch } from "kit/router.mjs";
import { has, t } from "kit/texts.mjs";
import { Badge, Button, Check, Dialog, Empty, Field, Loaded, Pages, Table, Title, Trouble, say } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { Finder } from "./finder.mjs";

const PER_PAGE = 20;

export function Sales() {
  const [query, change] = useQuery(), [text, setText] = useSearch(), page = Math.max(1, Number(query.page) || 1);
  const asked = { documentNumber: query.text, assignedToCustomer: query.unmatched ? "0" : undefined, page, perPage: PER_PAGE };
  const found = useLoad((signal) => api.get("/api/transaction", asked, { signal }), [JSON.stringify(asked)]);
  return html`
    <${Title} text=${t("sales.text")}>${t("menu.sales")}<//>
    <div class="row apart">
      <${Field} type="search" label=${t("sales.search")} value=${text} onInput=${setText} />
      <${Check} label=${t("sales.unmatched")} checked=${Boolean(query.unmatched)} onChange=${(on) => change({ unmatched: on ? "1" : null })} />
    </div>
    <${Loaded} of=${found} lines=${8} height="2.5rem">${({ transactions, total }) =>
      transactions.length === 0
        ? html`<${Empty} icon="list" title=${t("sales.none")} />`
        : html`<div class="sheet flush"><${Listed} rows=${transactions} /></div><${Pages} total=${total} perPage=${PER_PAGE} />`}<//>
  `;
}

/** Sales as a table; also those of one customer. */
export function Listed({ rows }) {
  const columns = [
    { key: "number", label: t("sale.number"), cell: (row) => html`<span class="mono name">${row.documentNumber}</span>` },
    { key: "kind", label: t("kind"), cell: (row) => html`${row.documentType === "return" ? t("sale.return") : t("sale.sale")}${!row.assignedToCustomer && html` <${Badge} tone="warn">${t("sale.unmatched")}<//>`}` },
    { key: "at", label: t("sale.at"), cell: (row) => dateTime(row.purchaseDate) },
    { key: "amount", label: t("sale.amount"), number: true, cell: (row) => money(row.grossValue, row.currency) },
    { key: "points", label: t("sale.points"), number: true, cell: (row) => (row.pointsEarned === undefined ? "" : points(row.pointsEarned)) },
  ];
  return html`<${Table} label=${t("menu.sales")} columns=${columns} rows=${rows} id=${(row) => row.transactionId} href=${(row) => to(`/sales/${row.transactionId}`)} />`;
}

export function Sale({ sale }) {
  const found = useLoad((signal) => api.get(`/api/transaction/${sale}`, {}, { signal }), [sale]);
  const [isAsking, setAsking] = useState(false);
  return html`
    <${Loaded} of=${found} lines=${6}>${(it) => html`
      <${Title} back=${[to("/sales"), t("menu.sales")]} actions=${!it.assignedToCustomer && html`<${Button} kind="main-action" icon="people" onClick=${() => setAsking(true)}>${t("sale.assign")}<//>`}>${it.documentNumber}<//>
      <div class="facts">
        <div class="figure"><span class="small soft">${t("sale.amount")}</span><span class="value">${money(it.grossValue, it.currency)}</span></div>
        <div class="figure"><span class="small soft">${t("sale.at")}</span><span class="value">${dateTime(it.purchaseDate)}</span></div>
        ${it.pointsEarned !== undefined && html`<div class="figure"><span class="small soft">${t("sale.points")}</span><span class="value" data-earned>${points(it.pointsEarned)}</span></div>`}
      </div>
      <p class="soft name">${it.customerId ? html`<a href=${to(`/customers/${it.customerId}`)}>${t("sale.customer")}</a>` : t("sale.nobody")}${it.revisedDocument ? ` · ${t("sale.returns", { number: it.revisedDocument })}` : ""}</p>
      <section class="sheet"><h2>${t("sale.items")}</h2>
        ${it.items.length === 0 && html`<p class="soft">${t("sale.items.none")}</p>`}
        <ul class="list">${it.items.map((item) => html`<li key=${item.sku.code}><div class="grow"><p class="name strong">${item.name}</p><p class="small soft name">${[item.sku.code, item.maker, ...item.labels.map((label) => `${label.key}: ${label.value}`)].filter(Boolean).join(" · ")}</p></div><span class="soft number">× ${item.quantity}</span><span class="number">${money(item.grossValue, it.currency)}</span></li>`)}</ul>
      </section>
      ${it.earningRules && html`<section class="sheet"><h2>${t("sale.rules")}</h2>
        ${it.earningRules.length === 0 && html`<p class="soft">${t("sale.rules.none")}</p>`}
        <ul class="list">${it.earningRules.map((rule) => html`<li key=${rule.earningRuleId}><div class="grow"><p class="name strong">${rule.name}</p>${rule.reason && html`<p class="small soft">${reason(rule.reason)}</p>`}</div><span class="number">${points(rule.points)}</span></li>`)}</ul>
      </section>`}
      ${isAsking && html`<${Assign} sale=${it} onClose=${() => setAsking(false)} onDone=${() => (setAsking(false), found.reload())} />`}
    `}<//>
  `;
}

/** Why a rule gave nothing; in its code where there are no words for it. */
const reason = (code) => (has(`earned.${code}`) ? t(`earned.${code}`) : code);

function Assign({ sale, onClose, onDone }) {
  const [assign, { error }] = useAct(async (customer) => {
    await api.post("/api/admin/transaction/customer/assign", { assign: { transactionDocumentNumber: sale.documentNumber, customerId: customer.id } });
    say(t("sale.assigned"), "good");
    onDone();
  });
  return html`
    <${Dialog} title=${t("sale.assign")} onClose=${onClose}>
      <${Trouble} error=${error} />
      <${Finder} onChoose=${assign} />
    <//>
  `;
}
