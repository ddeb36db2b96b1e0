// Who of the staff and the partners changed what, and when.
import { html } from "kit/html.mjs";
import { dateTime } from "kit/format.mjs";
import { Reading, useReading } from "kit/reading.mjs";
import { to } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Empty, Title } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { actionText } from "./words.mjs";

export function Audit() {
  const entries = useReading(api, "/api/admin/audit", "entries", { query: { size: 50 }, mark: "id" });
  return html`
    <${Title} text=${t("audit.text")}>${t("menu.audit")}<//>
    <section class="sheet" aria-label=${t("menu.audit")}>
      <${Reading} of=${entries} lines=${8} empty=${html`<${Empty} icon="list" title=${t("audit.none")} />`}>${(rows) => html`
        <ul class="list">${rows.map((it) => html`<${Entry} key=${it.id} it=${it} />`)}</ul>
      `}<//>
    </section>
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
