// The customer's draws, each to be checked here and now.
import { html, useEffect, useRef, useState } from "kit/html.mjs";
import { textOf } from "kit/campaign.mjs";
import { date, dateTime, number } from "kit/format.mjs";
import { Reading, useReading } from "kit/reading.mjs";
import { to, useQuery } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Bones, Button, Empty, Icon, Note, Title } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { checked } from "./draws.mjs";

export function MyDraws() {
  const draws = useReading(api, "/api/customer/draws", "draws", { mark: "id" });
  return html`
    <${Title} text=${t("draws.text")}>${t("draws.title")}<//>
    <${Reading} of=${draws} height="5rem" empty=${html`<${None} />`}>${(rows) => html`<${List} draws=${rows} />`}<//>
  `;
}

const None = () => html`
  <${Empty} icon="wheel" title=${t("draws.none")}>
    <p>${t("draws.none.text")}</p>
    <${Button} href=${to("/", { show: "play" })}>${t("draws.go")}<//>
  <//>
`;

const List = ({ draws }) => html`<div class="stack">${draws.map((draw) => html`<${Draw} key=${draw.id} draw=${draw} />`)}</div>`;

function Draw({ draw }) {
  const [query, change] = useQuery(), isOpen = query.check === draw.id, article = useRef();
  const drawn = draw.candidates.find((it) => it.method === draw.drawn);
  useEffect(() => {
    if (isOpen) article.current.scrollIntoView({ block: "nearest" });
  }, []);
  return html`
    <article class="sheet" ref=${article} aria-label=${drawn?.title}>
      <div class="row apart">
        <div class="grow">
          <h2 class="name">${drawn?.title ?? t("draws.unknown")}</h2>
          <p class="soft small name">${textOf(draw.campaign, "name")}</p>
          <p class="soft small">${t("draws.number", { number: number(draw.number), at: dateTime(draw.at) })}</p>
        </div>
        <${Badge} tone=${draw.seed ? "good" : ""}>${t(draw.seed ? "draws.open" : "draws.sealed")}<//>
        <${Button} aria-expanded=${String(isOpen)} onClick=${() => change({ check: isOpen ? null : draw.id })}>
          ${t(isOpen ? "draws.close" : "draws.check")}
        <//>
      </div>
      ${isOpen && html`<${Check} draw=${draw} />`}
    </article>
  `;
}

function Check({ draw }) {
  const [steps, setSteps] = useState(null);
  useEffect(() => {
    checked(draw).then(setSteps);
  }, [draw]);
  if (!steps) return html`<${Bones} lines=${3} />`;
  return html`
    <${Verdict} steps=${steps} draw=${draw} />
    <ol class="stack">${steps.map((step, i) => html`<${Step} key=${step.name} step=${step} count=${i + 1} draw=${draw} />`)}</ol>
  `;
}

function Verdict({ steps, draw }) {
  const said = (verdict) => html`<p class="strong">${t(`verdict.${verdict}`)}</p><p>${t(`verdict.${verdict}.text`)}</p>`;
  if (steps.some((step) => step.agrees === false)) return html`<${Note} tone="bad" icon="alert" role="alert">${said("bad")}<//>`;
  if (steps.every((step) => step.agrees)) return html`<${Note} tone="good" icon="check" role="status">${said("good")}<//>`;
  const isSealed = steps.some((step) => step.because === "sealed");
  return html`
    <${Note} icon="lock" role="status">
      <p class="strong">${t("verdict.partly")}</p>
      ${isSealed
        ? html`<p>${draw.campaign.ends_at ? t("verdict.sealed-until", { ends: date(draw.campaign.ends_at) }) : t("verdict.sealed")}</p>
          <p class="mono small" style=${{ marginTop: "var(--s2)" }} data-commitment>${draw.commitment}</p>`
        : html`<p>${t("verdict.insecure")}</p>`}
    <//>
  `;
}

const SIGNS = { true: ["good", "check"], false: ["bad", "close"], null: ["soft", "lock"] };

function Step({ step, count, draw }) {
  const [tone, icon] = SIGNS[step.agrees], outcome = step.agrees === null ? step.because : step.agrees ? "agrees" : "differs";
  return html`
    <li class="row top" style=${{ flexWrap: "nowrap" }} data-step=${step.name} data-agrees=${String(step.agrees)}>
      <span class=${tone} style=${{ width: "1.5rem", flex: "none" }}><${Icon} name=${icon} /></span>
      <div class="grow stack tight">
        <h3>${count}. ${t(`step.${step.name}`)}</h3>
        <p class="soft">${t(`step.${step.name}.text`)}</p>
        <p class="strong ${tone}">${t(`step.${outcome}`)}</p>
        <details>
          <summary class="small">${t("step.numbers")}</summary>
          <div class="stack"><${Numbers} step=${step} draw=${draw} /></div>
        </details>
      </div>
    </li>
  `;
}

function Numbers({ step, draw }) {
  const rows = {
    commitment: [
      ["number.commitment", step.commitment],
      ["number.committed-at", dateTime(draw.committed_at)],
      ["number.seed", step.seed],
      ["number.sha", step.computed],
    ],
    ticket: [["number.text", step.text], ["number.ticket", step.ticket], ["number.hmac", step.computed]],
    place: [
      ["number.ticket", draw.ticket],
      ["number.sum", String(step.sum)],
      ["number.place", step.place?.toString()],
      ["number.found", step.found?.title],
      ["number.named", step.named?.title],
    ],
  }[step.name].filter(([, value]) => value);
  return html`
    <dl class="stack tight small">
      ${rows.map(([key, value]) => html`<div key=${key}><dt class="soft">${t(key)}</dt><dd class="mono name">${value}</dd></div>`)}
    </dl>
    ${step.name === "place" && html`<${Line} step=${step} />`}
  `;
}

/** The candidates side by side, each with the places that are its own. */
function Line({ step }) {
  let from = 0;
  return html`
    <ul class="list small">
      ${step.line.map((it) => {
        const first = from;
        from += it.weight;
        const places = it.weight ? t("number.places", { first: number(first), last: number(from - 1) }) : t("number.no-place");
        return html`
          <li key=${it.method} class=${it.method === step.found?.method ? "strong" : ""}>
            <span class="grow name">${it.title}</span><span class="number">${places}</span>
          </li>`;
      })}
    </ul>
  `;
}
