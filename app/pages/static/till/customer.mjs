// The customer at the till: what they have, what they can have now, and what not yet.
import { html, useRef, useState } from "kit/html.mjs";
import { priceOf, textOf, whyNot } from "kit/campaign.mjs";
import { points, priced, time } from "kit/format.mjs";
import { useAct, useLoad } from "kit/load.mjs";
import { navigate, to } from "kit/router.mjs";
import { useRoom } from "kit/room.mjs";
import { useStore } from "kit/store.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, Empty, Field, Form, Loaded, Note, Picture, Title, Trouble, say } from "kit/ui.mjs";
import { Buying } from "./buying.mjs";
import { HeldCoupons } from "./coupons.mjs";
import { activate, activateWithCode, load, sendCode, sendsCodes } from "./customers.mjs";
import { AddingPoints } from "./points.mjs";
import { Receipt } from "./receipts.mjs";
import { sales } from "./sales.mjs";
import { useOffline } from "./seller.mjs";

const FEW = 5;

export function Customer({ id }) {
  const isOffline = useOffline();
  const finished = useStore(sales).filter((sale) => sale.customer.id === id && sale.settled_at).length;
  const [pages, setPages] = useState(1);
  const found = useLoad((signal) => load(id, pages, signal), [id, pages, finished, isOffline]);
  const readOn = () => setPages(pages + 1);
  return html`
    <${Loaded} of=${found} lines=${6} height="3rem">
      ${(data) => html`<${Served} ...${data} isOffline=${isOffline} reload=${found.reload} readOn=${readOn} isReading=${found.loading} />`}
    <//>
  `;
}

function Served({ customer, campaigns, more, vouchers, at, isOld, isOffline, reload, readOn, isReading }) {
  const [buying, setBuying] = useState(null), [adding, setAdding] = useState(false), [showing, setShowing] = useState(false);
  const coupons = useRef(), isWide = useRoom("64rem");
  const sold = campaigns.filter((it) => it.action === "buy");
  const now = sold.filter((it) => it.may_have), notYet = sold.filter((it) => !it.may_have);
  const others = campaigns.filter((it) => it.action !== "buy");
  const closed = isOffline || isOld;
  const next = () => navigate("/");
  return html`
    <header class="sheet">
      <div class="row apart top">
        <div class="stack tight" style=${{ flex: "1 1 8rem", minWidth: 0 }}>
          <${Title} back=${[to("/"), t("customer.back")]}><span class="clamp" data-customer>${customer.name}</span><//>
          <div class="row tight">
            ${customer.level && html`<${Badge} tone="accent"><span class="name clamp">${customer.level}</span><//>`}
            <span class="soft small name clamp">${[customer.card, customer.email ?? customer.phone].filter(Boolean).join(" · ")}</span>
          </div>
        </div>
        <div data-balance>
          <div class="display number">${points(customer.balance)}</div>
          <div class="soft small number">${t("customer.balance", { n: customer.balance })}</div>
          ${customer.locked > 0 && html`<div class="soft small number">${t("customer.locked", { points: points(customer.locked) })}</div>`}
        </div>
      </div>
      <div class="row">
        <${Button} icon="plus" disabled=${closed || !customer.isActive} onClick=${() => setAdding(true)}>${t("points.add")}<//>
        <${Button} icon="list" disabled=${closed || !customer.isActive} onClick=${() => setShowing(true)}>${t("receipt")}<//>
        ${vouchers.length > 0 && html`<${Button} icon="gift" onClick=${() => coupons.current.focus()}>${t("coupons.see", { n: vouchers.length })}<//>`}
        <${Button} kind="plain" style=${{ marginLeft: "auto" }} onClick=${next}>${t("customer.next")}<//>
      </div>
    </header>
    ${isOld && html`<${Note} tone="warn" icon="clock">${t("customer.old", { time: time(at) })}<//>`}
    ${!customer.isActive && html`<${Inactive} customer=${customer} closed=${closed} onActive=${reload} />`}
    <div class="columns" style=${isWide ? { gridTemplateColumns: "minmax(0, 1fr) 21rem" } : {}}>
      <div class="stack wide">
        <section class="stack" aria-labelledby="now">
          <h2 id="now">${t("shelf.now")}</h2>
          ${closed && now.length > 0 && html`<p class="soft">${t("shelf.closed")}</p>`}
          ${now.length === 0 &&
          html`<${Empty} icon="gift" title=${t("shelf.nothing")}><p>${t(notYet.length ? "shelf.nothing.text" : "shelf.empty.text")}</p><//>`}
          ${now.length > 0 &&
          html`
            <ul class="tiles">
              ${now.map((it) => html`<li key=${it.id} style=${{ display: "grid" }}><${Reward} campaign=${it} closed=${closed} onBuy=${() => setBuying(it)} /></li>`)}
            </ul>`}
        </section>
        ${notYet.length > 0 &&
        html`<section class="stack" aria-labelledby="not-yet">
          <h2 id="not-yet">${t("shelf.not-yet")}</h2>
          <div class="sheet"><ul class="list">${notYet.map((it) => html`<${NotYet} key=${it.id} campaign=${it} />`)}</ul></div>
        </section>`}
        ${more && !closed && html`<div><${Button} busy=${isReading} onClick=${readOn}>${t("more")}<//></div>`}
        ${others.length > 0 && html`<p class="soft small name">${t("shelf.others", { n: others.length, names: named(others) })}</p>`}
      </div>
      <${HeldCoupons} customer=${customer} vouchers=${vouchers} closed=${closed} heading=${coupons} onUsed=${reload} />
    </div>
    ${buying && html`<${Buying} customer=${customer} campaign=${buying} closed=${closed} onClose=${() => setBuying(null)} onDone=${next} onUsed=${reload} />`}
    ${showing &&
    html`<${Receipt} customer=${customer} onClose=${() => setShowing(false)} onDone=${(earned) => {
      setShowing(false);
      say(t("receipt.done", { points: earned }));
      reload();
    }} />`}
    ${adding &&
    html`<${AddingPoints} customer=${customer} onClose=${() => setAdding(false)} onAdded=${(added) => {
      setAdding(false);
      say(t("points.added", { points: priced(added) }));
      reload();
    }} />`}
  `;
}

const named = (campaigns) => campaigns.slice(0, FEW).map((it) => textOf(it, "name")).join(", ") + (campaigns.length > FEW ? "…" : "");

function Reward({ campaign, closed, onBuy }) {
  const name = textOf(campaign, "name"), text = textOf(campaign, "short_description");
  const content = html`
    <${Picture} src=${campaign.photo} name=${name} />
    <span class="body">
      <span class="strong large name clamp">${name}</span>
      ${text && html`<span class="soft small name clamp">${text}</span>`}
      <span class="foot">
        <span class="strong number">${priceOf(campaign)}</span>
        ${campaign.left !== null && campaign.left <= FEW && html`<${Badge} tone="warn">${t("shelf.left", { n: campaign.left })}<//>`}
      </span>
    </span>
  `;
  if (closed) return html`<div class="tile off">${content}</div>`;
  return html`<button type="button" class="tile" onClick=${onBuy}>${content}</button>`;
}

const NotYet = ({ campaign }) => html`
  <li data-not-yet>
    <${Picture} small src=${campaign.photo} name=${textOf(campaign, "name")} />
    <div class="stack" style=${{ gap: 0, flex: "1 1 6rem", minWidth: 0 }}>
      <h3 class="name clamp">${textOf(campaign, "name")}</h3>
      <ul class="small soft">${campaign.reasons.map((reason) => html`<li class="name" key=${reason.code}>${whyNot(reason)}</li>`)}</ul>
    </div>
    <span class="number soft">${priceOf(campaign)}</span>
  </li>
`;

function Inactive({ customer, closed, onActive }) {
  const [start, { busy, error }] = useAct(async () => {
    await activate(customer.id);
    say(t("customer.activated"));
    onActive();
  });
  return html`
    <${Note} tone="warn" icon="alert">
      <div class="row apart">
        <p class="grow"><span class="strong">${t("customer.inactive")}</span> ${t("customer.inactive.text")}</p>
        <${Button} busy=${busy} disabled=${closed} onClick=${start}>${t("customer.activate")}<//>
      </div>
    <//>
    <${Trouble} error=${error} />
    ${customer.isNew && !closed && html`<${Code} id=${customer.id} onActive=${onActive} />`}
  `;
}

/** The code that was sent to a new customer, who says it at the till: so it is known that the phone is theirs. */
function Code({ id, onActive }) {
  const [code, setCode] = useState(""), isSending = useLoad(sendsCodes, []);
  const [start, { busy, error }] = useAct(async () => {
    await activateWithCode(code);
    say(t("customer.activated"));
    onActive();
  });
  const [send, sent] = useAct(async () => {
    await sendCode(id);
    say(t("customer.code.sent"));
  });
  if (!isSending.data) return null;
  return html`
    <${Form} onSubmit=${start}>
      <div class="row">
        <${Field} label=${t("customer.code")} value=${code} onInput=${setCode} inputmode="numeric" autocomplete="off" required />
        <${Button} type="submit" busy=${busy}>${t("customer.code.use")}<//>
        <${Button} kind="plain" busy=${sent.busy} onClick=${send}>${t("customer.code.send")}<//>
      </div>
    <//>
    <${Trouble} error=${error ?? sent.error} />
  `;
}
