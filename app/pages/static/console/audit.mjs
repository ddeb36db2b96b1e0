// Who of the staff and the partners changed what, and when.
import { html, useState } from "kit/html.mjs";
import { dateTime } from "kit/format.mjs";
import { useLoad } from "kit/load.mjs";
import { to } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, Empty, Loaded, Title } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { actionText } from "./words.mjs";

export function Audit() {
  const [befores, setBefores] = useState([null]);
  return html`
    <${Title} text=${t("audit.text")}>${t("menu.audit")}<//>
    <section class="sheet" aria-label=${t("menu.audit")}>
      ${befores.map((before, i) => html`<${Page} key=${before} before=${before} onMore=${i === befores.length - 1 ? (last) => setBefores([...befores, last]) : null} />`)}
    </section>
  `;
}

function Page({ before, onMore }) {
  const page = useLoad((signal) => api.get("/api/admin/audit", { before, size: 50 }, { signal }), [before]);
  return html`
    <${Loaded} of=${page} lines=${8}>${({ entries, more }) => html`
      ${entries.length === 0 && !before && html`<${Empty} icon="list" title=${t("audit.none")} />`}
      <ul class="list">${entries.map((it) => html`<${Entry} key=${it.id} it=${it} />`)}</ul>
      ${more && onMore && html`<div><${Button} onClick=${() => onMore(entries.at(-1).id)}>${t("more")}<//></div>`}
    `}<//>
  `;
}

const Entry = ({ it }) => html`
  <li class="top">
    <div class="grow stack tight">
      <div class="row tight"><span class="strong">${actionText(it.action)}</span><${Badge}>${it.by ?? t(`by.${it.role}`)}<//><span class="soft small">${dateTime(it.at)}</span></div>
      <${Subject} subject=${it.subject} />
      ${it.changes.map((change, i) => html`<p key=${i} class="small name"><span class="soft">${change.field}:</span> <del>${shown(change.before)}</del> → <ins>${shown(change.after)}</ins></p>`)}
    </div>
  </li>
`;

const PLACES = { campaign: (id) => to(`/campaigns/${id}/history`), customer: (id) => to(`/customers/${id}`) };
const shown = (value) => (value === null ? "—" : String(value));

const Subject = ({ subject }) => html`
  <p class="small soft name">${Object.entries(subject).map(([what, value]) => html`<span key=${what}>${what}: ${PLACES[what] ? html`<a href=${PLACES[what](value)}>${value}</a>` : html`<span class="mono">${value}</span>`} </span>`)}</p>
`;
