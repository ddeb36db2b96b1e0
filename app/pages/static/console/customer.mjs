// One customer: who, how many points, what happened, what is held, how far, and why not more.
import { html, useState } from "kit/html.mjs";
import { VOUCHER_TONES, worthOf } from "kit/campaign.mjs";
import { amountOf, date, dateTime, money, name, points } from "kit/format.mjs";
import { useAct, useLoad } from "kit/load.mjs";
import { Reading, useReading } from "kit/reading.mjs";
import { to } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, Empty, Loaded, Picture, Progress, Segmented, Title, Trouble, confirm, say } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { Person } from "./customers.mjs";
import { FormDialog } from "./form.mjs";
import { PersonalData } from "./person.mjs";
import { Listed } from "./sales.mjs";
import { Tile } from "./seen.mjs";

export function Customer({ customer }) {
  const path = `/api/admin/customer/${customer}`;
  const person = useLoad((signal) => Promise.all([api.get(`/api/customer/${customer}`, {}, { signal }), api.get(`${path}/status`, {}, { signal }), api.get(`/api/customer/${customer}/points`, {}, { signal })]), [customer]);
  const [doing, setDoing] = useState(null), [part, setPart] = useState("points");
  return html`
    <${Loaded} of=${person} lines=${8}>${([it, status, held]) => html`
      <${Title} back=${[to("/customers"), t("menu.customers")]} actions=${html`<${Actions} it=${it} path=${path} reload=${person.reload} onDo=${setDoing} />`}>${name(it)}<//>
      <div class="facts">
        <div class="figure"><span class="small soft">${t("balance")}</span><span class="value" data-balance>${points(status.points)}</span></div>
        ${status.lockedPoints > 0 && html`<div class="figure"><span class="small soft">${t("customer.locked")}</span><span class="value">${points(status.lockedPoints)}</span></div>`}
        ${held.expiring?.length > 0 && html`<div class="figure"><span class="small soft">${t("customer.expiring")}</span><span class="value">${points(held.expiring.reduce((sum, each) => sum + each.points, 0))}</span></div>`}
        <div class="figure"><span class="small soft">${t("level")}</span><span class="value name">${status.levelName ?? "—"}</span></div>
        <div class="figure"><span class="small soft">${t("customer.spent")}</span><span class="value">${points(status.usedPoints)}</span></div>
        <div class="figure"><span class="small soft">${t("customer.purchases")}</span><span class="value">${money(it.transactionsAmount, it.currency)}</span></div>
      </div>
      <section class="sheet">
        <div class="row apart"><h2>${t("customer.profile")}</h2>${!it.active && html`<${Badge} tone="bad">${t("status.inactive")}<//>`}</div>
        <dl class="facts">
          <${Fact} label=${t("email")} value=${it.email} /><${Fact} label=${t("phone")} value=${it.phone} /><${Fact} label=${t("card")} value=${it.loyaltyCardNumber} />
          <${Fact} label=${t("registered")} value=${date(it.createdAt)} /><${Fact} label=${t("born")} value=${it.birthDate && date(it.birthDate.slice(0, 10))} /><${Fact} label=${t("customer.id")} value=${it.customerId} mono />
          <${Fact} label=${t("customer.shop")} value=${it.posIdentifier} /><${Fact} label=${t("customer.labels")} value=${labelsOf(it).join(", ")} />
        </dl>
      </section>
      <${Segmented} label=${t("part")} value=${part} onChange=${setPart} options=${["points", "sales", "levels", "vouchers", "may", "draws"].map((key) => [key, t(`customer.part.${key}`)])} />
      ${part === "points" && html`<${Ledger} key=${status.points} customer=${it.customerId} onCancelled=${person.reload} />`}
      ${part === "sales" && html`<${Bought} customer=${it.customerId} />`}
      ${part === "levels" && html`<${LevelHistory} customer=${it.customerId} />`}
      ${part === "vouchers" && html`<${Vouchers} path=${path} />`}
      ${part === "may" && html`<${May} path=${path} customer=${it.customerId} />`}
      ${part === "draws" && html`<${Draws} path=${path} />`}
      <${PersonalData} customer=${it} onMerged=${person.reload} />
      ${["add", "spend"].includes(doing) && html`<${Move} how=${doing} customer=${it} onClose=${() => setDoing(null)} onDone=${() => (setDoing(null), person.reload())} />`}
      ${doing === "change" && html`<${Change} customer=${it} onClose=${() => setDoing(null)} onDone=${() => (setDoing(null), person.reload())} />`}
      ${doing === "level" && html`<${Levels} customer=${it} onClose=${() => setDoing(null)} onDone=${() => (setDoing(null), person.reload())} />`}
    `}<//>
  `;
}

const labelsOf = (it) => (it.labels ?? []).map((label) => (label.value ? `${label.key}: ${label.value}` : label.key));

const Fact = ({ label, value, mono }) => (value ? html`<div><dt>${label}</dt><dd class="name ${mono ? "mono small" : ""}">${value}</dd></div>` : null);

function Actions({ it, path, reload, onDo }) {
  const [turn, { busy, error }] = useAct(async () => {
    if (it.active && !(await confirm({ title: t("customer.block.title", { name: name(it) }), text: t("customer.block.text"), yes: t("customer.block"), danger: true }))) return;
    await api.post(`${path}/${it.active ? "deactivate" : "activate"}`);
    say(t(it.active ? "customer.blocked" : "customer.activated", { name: name(it) }), "good");
    reload();
  });
  return html`
    <${Button} kind="main-action" icon="plus" onClick=${() => onDo("add")}>${t("points.add")}<//>
    <${Button} onClick=${() => onDo("spend")}>${t("points.spend")}<//>
    <${Button} onClick=${() => onDo("change")}>${t("change")}<//>
    <${Button} onClick=${() => onDo("level")}>${t("level")}<//>
    <${Button} kind=${it.active ? "danger" : ""} busy=${busy} onClick=${turn}>${t(it.active ? "customer.block" : "customer.activate")}<//>
    <${Trouble} error=${error} />
  `;
}

/** Points, by hand and with a comment; once, also when the answer is lost. */
function Move({ how, customer, onClose, onDone }) {
  async function move({ points: written, comment }, key) {
    const amount = amountOf(written);
    await api.post(`/api/points/transfer/${how}`, { transfer: { customer: customer.customerId, points: amount, comment } }, { key });
    say(t(`points.${how}.done`, { points: points(amount) }), "good");
  }
  return html`
    <${FormDialog} title=${t(`points.${how}`)} about=${customer.customerId} first=${{ points: "", comment: "" }} send=${move} yes=${t(`points.${how}`)} onClose=${onClose} onDone=${onDone}>
      ${({ field }) => html`
        ${field("points", t("points.amount"), { inputmode: "decimal", autofocus: true, required: true })}
        ${field("comment", t("points.comment"), { hint: t("points.comment.hint") })}
      `}
    <//>
  `;
}

function Change({ customer, onClose, onDone }) {
  const { firstName, lastName, email = "", phone = "", loyaltyCardNumber = "", posId = "" } = customer;
  const shops = useLoad((signal) => api.get("/api/seller/pos", { perPage: 1000 }, { signal }));
  const first = { firstName, lastName, email, phone, loyaltyCardNumber, posId, labels: labelsOf(customer).join("\n") };
  const change = async ({ labels: written, ...it }) => {
    const lines = written.split("\n").map((line) => line.trim()).filter(Boolean);
    const labels = lines.map((line) => ({ key: line.split(":")[0].trim(), value: line.split(":").slice(1).join(":").trim() }));
    await api.put(`/api/customer/${customer.customerId}`, { customer: { ...it, labels } });
    say(t("saved"), "good");
  };
  return html`
    <${Loaded} of=${shops}>${({ pos }) => html`
      <${FormDialog} title=${t("customer.change")} first=${first} send=${change} onClose=${onClose} onDone=${onDone}>
        ${({ field }) => html`
          ${Person({ field })}
          ${field("posId", t("customer.shop"), { as: "select", options: [["", ""], ...pos.map((it) => [it.posId, it.name])] })}
          ${field("labels", t("customer.labels"), { as: "textarea", hint: t("customer.labels.hint") })}
        `}
      <//>
    `}<//>
  `;
}

function Levels({ customer, onClose, onDone }) {
  const levels = useLoad((signal) => api.get("/api/level", { perPage: 1000 }, { signal }));
  const path = `/api/customer/${customer.customerId}`;
  async function assign({ levelId }) {
    await (levelId ? api.post(`${path}/level`, { levelId }) : api.post(`${path}/remove-manually-level`));
    say(t("saved"), "good");
  }
  const first = { levelId: customer.manuallyAssignedLevelId?.levelId ?? "" };
  return html`
    <${Loaded} of=${levels}>${(found) => html`
      <${FormDialog} title=${t("customer.level")} first=${first} send=${assign} onClose=${onClose} onDone=${onDone}>
        ${({ field }) => field("levelId", t("level"), { as: "select", hint: t("customer.level.hint"), options: [["", t("customer.level.computed")], ...found.levels.map((it) => [it.id, it.name])] })}
      <//>
    `}<//>
  `;
}

function Ledger({ customer, onCancelled }) {
  const [page, setPage] = useState(1);
  const [cancel, { error }] = useAct(async (it) => {
    if (!(await confirm({ title: t("points.cancel.title", { points: points(it.value) }), text: t("points.cancel.text"), yes: t("points.cancel"), danger: true }))) return;
    await api.post(`/api/points/transfer/${it.pointsTransferId}/cancel`);
    say(t("points.cancelled"), "good");
    entries.reload();
    onCancelled();
  });
  const entries = useLoad((signal) => api.get("/api/points/transfer", { customerId: customer, page, perPage: 20 }, { signal }), [customer, page]);
  return html`
    <section class="sheet" aria-label=${t("customer.part.points")}>
      <${Loaded} of=${entries}>${({ transfers, total }) => html`
        <${Trouble} error=${error} />
        ${transfers.length === 0 && html`<${Empty} icon="list" title=${t("points.none")} />`}
        <ul class="list">${transfers.map((it) => {
          const isGain = it.type.endsWith("adding");
          return html`<li key=${it.pointsTransferId} style=${{ flexWrap: "nowrap" }}><div class="grow"><p class="name">${it.comment || t(`points.${isGain ? "added" : "spent"}`)}</p><p class="small soft">${dateTime(it.createdAt)} · ${t(`issuer.${it.issuer}`)}${it.state !== "active" && ` · ${t(`points.state.${it.state}`)}`}${it.lockedUntil && it.state === "pending" && ` · ${t("points.until", { date: date(it.lockedUntil) })}`}${it.expiresAt && ["active", "pending"].includes(it.state) && ` · ${t("points.expires", { date: date(it.expiresAt) })}`}</p></div>${isGain && ["active", "pending"].includes(it.state) && html`<${Button} kind="plain" onClick=${() => cancel(it)} aria-label=${t("points.cancel.what", { points: points(it.value) })}>${t("points.cancel")}<//>`}<span class="number strong ${isGain ? "good" : ""}">${isGain ? "+" : "−"}${points(it.value)}</span></li>`;
        })}</ul>
        ${total > 20 && html`<div class="row apart"><${Button} disabled=${page === 1} onClick=${() => setPage(page - 1)}>${t("previous")}<//><${Button} disabled=${page * 20 >= total} onClick=${() => setPage(page + 1)}>${t("next")}<//></div>`}
      `}<//>
    </section>
  `;
}

function Bought({ customer }) {
  const found = useLoad((signal) => api.get("/api/transaction", { customerId: customer, perPage: 50 }, { signal }), [customer]);
  return html`
    <${Loaded} of=${found}>${({ transactions }) =>
      transactions.length === 0
        ? html`<section class="sheet"><${Empty} icon="till" title=${t("sales.none")} /></section>`
        : html`<div class="sheet flush"><${Listed} rows=${transactions} /></div>`}<//>
  `;
}

/** From which level to which, and why. */
function LevelHistory({ customer }) {
  const found = useLoad((signal) => api.get(`/api/customer/${customer}/levels`, {}, { signal }), [customer]);
  return html`
    <section class="sheet" aria-label=${t("customer.part.levels")}>
      <${Loaded} of=${found}>${({ levels }) => html`
        ${levels.length === 0 && html`<${Empty} icon="steps" title=${t("customer.levels.none")} />`}
        <ul class="list">${levels.map((it) => html`<li key=${it.changedAt + it.cause}><div class="grow"><p class="name strong">${it.before?.name ?? "—"} → ${it.level?.name ?? "—"}</p><p class="small soft">${dateTime(it.changedAt)} · ${t(`level.cause.${it.cause}`)}</p></div></li>`)}</ul>
      `}<//>
    </section>
  `;
}

function Vouchers({ path }) {
  const held = useReading(api, `${path}/vouchers`, "vouchers");
  return html`
    <section class="sheet" aria-label=${t("customer.part.vouchers")}>
      <${Reading} of=${held} empty=${html`<${Empty} icon="gift" title=${t("vouchers.none")} />`}>${(rows) => html`
        <ul class="list">${rows.map(
          (it) => html`
            <li key=${it.number}>
              <${Picture} small src=${it.campaign.photo} name=${it.title} />
              <div class="grow"><p class="name strong">${it.title}</p><p class="small soft name">${it.campaign.name} · ${dateTime(it.given_at)}</p></div>
              <span class="mono">${it.code ?? worthOf(it)}</span><${Badge} tone=${VOUCHER_TONES[it.status]}>${t(`code.${it.status}`)}<//>
            </li>`,
        )}</ul>
      `}<//>
    </section>
  `;
}

function May({ path, customer }) {
  const shelf = useLoad((signal) => api.get(`${path}/campaigns`, { size: 50 }, { signal }), [path]);
  return html`
    <${Loaded} of=${shelf}>${({ campaigns }) => html`
      ${campaigns.length === 0 && html`<${Empty} icon="gift" title=${t("seen.nothing")} />`}
      ${campaigns.some((it) => it.behaviors.length) &&
      html`<section class="sheet"><h2>${t("customer.progress")}</h2>${campaigns.flatMap((it) => it.behaviors.map((each) => html`<${Progress} key=${it.id + each.name} label=${`${it.name}: ${each.name}`} done=${each.counted} of=${each.wanted} />`))}</section>`}
      <div class="tiles">${campaigns.map((it) => html`<${Tile} key=${it.id} it=${it} />`)}</div>
      <div><${Button} kind="plain" href=${to("/seen", { customer })}>${t("seen.whole")}<//></div>
    `}<//>
  `;
}

function Draws({ path }) {
  const made = useReading(api, `${path}/draws`, "draws", { mark: "id" });
  return html`
    <section class="sheet" aria-label=${t("customer.part.draws")}>
      <${Reading} of=${made} empty=${html`<${Empty} icon="wheel" title=${t("customer.draws.none")} />`}>${(rows) => html`
        <ul class="list">${rows.map((it) => html`<li key=${it.id}><div class="grow"><p class="name strong">${it.candidates.find((each) => each.method === it.drawn)?.title}</p><p class="small soft name">${it.campaign.name} · ${dateTime(it.at)}</p></div><span class="soft small">${t("draws.nth", { n: it.number })}</span></li>`)}</ul>
      `}<//>
    </section>
  `;
}
