// A campaign's draws, and whether each follows from what was promised.
import { html, useState } from "kit/html.mjs";
import { dateTime, number, percent } from "kit/format.mjs";
import { useAct, useLoad } from "kit/load.mjs";
import { to } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Button, Empty, Loaded, Note, Table, Trouble } from "kit/ui.mjs";
import { api, campaignPath } from "./api.mjs";

const SIZE = 20;

export function Draws({ campaign }) {
  const [report, setReport] = useState(null);
  const [verify, { busy, error }] = useAct(async () => setReport(await api.get(campaignPath(campaign.state.id, "/draws/verification"))));
  const { draw } = campaign.state;
  return html`
    <section class="sheet">
      <h2>${t("draws.promise")}</h2>
      <dl class="facts">
        <div><dt>${t("draws.commitment")}</dt><dd class="mono small">${draw.commitment}</dd></div>
        <div><dt>${t("draws.committed-at")}</dt><dd>${dateTime(draw.committed_at)}</dd></div>
        <div><dt>${t("draws.seed")}</dt><dd class=${draw.seed ? "mono small" : "soft"}>${draw.seed ?? t("draws.seed.later")}</dd></div>
      </dl>
      <div><${Button} kind="main-action" icon="check" busy=${busy} onClick=${verify}>${t("draws.verify")}<//></div>
      <${Trouble} error=${error} />
      ${report && (report.problems.length === 0
        ? html`<${Note} tone="good" icon="check" role="status">${t("draws.agree", { n: report.draws })}<//>`
        : html`<${Note} tone="bad" icon="alert" role="alert"><p>${t("draws.disagree", { n: report.draws })}</p><ul>${report.problems.map((it) => html`<li key=${it}>${it}</li>`)}</ul><//>`)}
    </section>
    <section class="sheet">
      <h2>${t("draws.odds")}</h2>
      <ul class="list">${campaign.rewards.map((it) => html`<li key=${it.key} style=${{ flexWrap: "nowrap" }}><span class="grow name strong">${it.title}</span><span class="number strong">${percent(it.weight / whole(campaign))}</span></li>`)}</ul>
    </section>
    <${List} campaign=${campaign} />
  `;
}

const whole = (campaign) => campaign.rewards.reduce((sum, it) => sum + it.weight, 0) || 1;

function List({ campaign }) {
  const [last, setLast] = useState([]);
  const after = last.at(-1);
  const page = useLoad((signal) => api.get(campaignPath(campaign.state.id, "/draws"), { size: SIZE, after }, { signal }), [after]);
  const columns = [
    { key: "customer", label: t("customer"), cell: (row) => html`<a class="mono small" href=${to(`/customers/${row.customer}`)}>${row.customer}</a>` },
    { key: "number", label: t("draws.number"), number: true, cell: (row) => number(row.number) },
    { key: "at", label: t("date"), cell: (row) => dateTime(row.at) },
    { key: "drawn", label: t("draws.drawn"), cell: (row) => html`<span class="name">${row.candidates.find((it) => it.method === row.drawn)?.title ?? row.drawn}</span>` },
    { key: "revision", label: t("revision"), number: true, cell: (row) => number(row.revision) },
  ];
  return html`
    <section class="sheet flush" aria-label=${t("part.draws")}>
      <${Loaded} of=${page}>${(it) =>
        it.draws.length === 0
          ? html`<${Empty} icon="wheel" title=${t("draws.none")} />`
          : html`
              <${Table} label=${t("part.draws")} columns=${columns} rows=${it.draws} />
              ${(last.length > 0 || it.more) && html`<div class="row apart" style=${{ padding: "var(--s3) var(--s4)" }}>
                <${Button} disabled=${!last.length} onClick=${() => setLast(last.slice(0, -1))}>${t("previous")}<//>
                <${Button} disabled=${!it.more} onClick=${() => setLast([...last, it.draws.at(-1).id])}>${t("next")}<//>
              </div>`}
            `}<//>
    </section>
  `;
}
