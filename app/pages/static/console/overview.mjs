// Home: what runs, what runs out and when, what begins and ends, and the points of the last days.
import { html } from "kit/html.mjs";
import { whyNot } from "kit/campaign.mjs";
import { ago, compact, date, dayAndMonth, number, points, soon } from "kit/format.mjs";
import { useLoad } from "kit/load.mjs";
import { to } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Button, Empty, Loaded, Note, Progress, Title } from "kit/ui.mjs";
import { api } from "./api.mjs";

export function Home() {
  const overview = useLoad((signal) => api.get("/api/admin/overview", {}, { signal }));
  return html`
    <${Title} actions=${html`<${Button} kind="main-action" icon="plus" href=${to("/campaigns/new")}>${t("new-campaign")}<//>`}>${t("menu.home")}<//>
    <${Loaded} of=${overview} lines=${8}>${(it) => html`<${Overview} it=${it} />`}<//>
  `;
}

function Overview({ it }) {
  const week = it.days.slice(-7);
  const sum = (name) => week.reduce((whole, day) => whole + Number(day[name]), 0);
  return html`
    <div class="facts">
      <${Figure} label=${t("home.running")} value=${number(it.running)} href=${to("/campaigns", { lifecycle: "live" })} />
      <${Figure} label=${t("home.customers")} value=${number(it.customers)} href=${to("/customers")} />
      <${Figure} label=${t("home.given-week")} value=${compact(sum("given"))} />
      <${Figure} label=${t("home.spent-week")} value=${compact(sum("spent"))} />
    </div>
    ${it.empty.length > 0 &&
    html`<${Note} tone="warn" icon="alert">
      <p class="strong">${t("home.empty", { n: it.empty.length })}</p>
      <ul>${it.empty.map((campaign) => html`<li key=${campaign.id}><a class="name" href=${place(campaign)}>${campaign.name}</a></li>`)}</ul>
    <//>`}
    <section class="sheet" aria-labelledby="points-by-day">
      <div class="row apart">
        <h2 id="points-by-day">${t("home.points")}</h2>
        <div class="legend"><span>${t("home.given")}</span><span class="second">${t("home.spent")}</span></div>
      </div>
      <${Days} days=${it.days} />
    </section>
    <div class="columns two">
      <section class="sheet">
        <h2>${t("home.running-out")}</h2>
        ${it.running_out.length === 0
          ? html`<p class="soft">${t("home.running-out.none")}</p>`
          : html`<ul class="list">${it.running_out.map((row, i) => html`<${RunningOut} key=${i} row=${row} />`)}</ul>`}
      </section>
      <section class="sheet">
        <h2>${t("home.week")}</h2>
        ${it.beginning.length + it.ending.length === 0 && html`<p class="soft">${t("home.week.none")}</p>`}
        <ul class="list">
          ${it.beginning.map((campaign) => html`<${Turn} key=${campaign.id} campaign=${campaign} text=${t("home.begins", { at: soon(campaign.active_from) })} />`)}
          ${it.ending.map((campaign) => html`<${Turn} key=${campaign.id} campaign=${campaign} text=${t("home.ends", { at: soon(campaign.active_to) })} />`)}
        </ul>
      </section>
    </div>
    <section class="sheet">
      <h2>${t("home.refused")}</h2>
      ${it.refused.length === 0
        ? html`<p class="soft">${t("home.refused.none")}</p>`
        : html`<ul class="list">${it.refused.map((row) => html`<${Refused} key=${row.campaign.id + row.code} row=${row} />`)}</ul>`}
    </section>
    ${it.running === 0 && html`<${Empty} icon="gift" title=${t("home.nothing")}><${Button} kind="main-action" href=${to("/campaigns/new")}>${t("new-campaign")}<//><//>`}
  `;
}

const place = (campaign) => to(`/campaigns/${campaign.key}`);

const Figure = ({ label, value, href }) => html`
  <${href ? "a" : "div"} class="figure" href=${href}><span class="small soft">${label}</span><span class="value">${value}</span><//>
`;

const Turn = ({ campaign, text }) => html`
  <li><a class="grow name strong" href=${place(campaign)}>${campaign.name}</a><span class="soft small">${text}</span></li>
`;

const RunningOut = ({ row }) => html`
  <li>
    <div class="grow stack tight">
      <a class="name strong" href=${place(row.campaign)}>${row.campaign.name}</a>${row.reward && html`<span class="name">${row.reward}</span>`}
      <${Progress} label=${t("home.left", { n: row.left, allowed: row.allowed })} done=${row.left} of=${row.allowed} tone="warn" text=${row.ends_at ? t("home.gone", { in: ago(row.ends_at) }) : t("home.still")} />
    </div>
  </li>
`;

/** What customers asked for and did not get, of the campaign's own doing. */
const Refused = ({ row }) => html`
  <li>
    <div class="grow"><a class="name strong" href=${place(row.campaign)}>${row.campaign.name}</a><p class="small soft name">${whyNot(row)}</p></div>
    <span class="soft small">${t("home.refused.times", { n: row.count, ago: ago(row.last_at) })}</span>
  </li>
`;

/** Up to 1, 2 or 5 of its power of ten, so that the axis reads well. */
function rounded(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 2, 5, 10].find((step) => step * power >= value);
}

const WIDTH = 720, HEIGHT = 180, FOOT = 22, LEFT = 60;

/** Two bars a day: points given and spent. The table behind it is for who cannot see it. */
function Days({ days }) {
  const most = rounded(Math.max(1, ...days.flatMap((day) => [Number(day.given), Number(day.spent)])));
  const room = HEIGHT - FOOT - 10, step = (WIDTH - LEFT) / days.length, width = Math.min(18, step / 2 - 3);
  const tall = (value) => (Number(value) / most) * room;
  return html`
    <div style=${{ overflowX: "auto" }} tabindex="0" role="region" aria-label=${t("home.points")}>
      <svg class="chart" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label=${t("home.points.chart")}>
        ${[0, 0.5, 1].map(
          (part) => html`
            <line key=${part} class="axis" x1=${LEFT} x2=${WIDTH} y1=${HEIGHT - FOOT - part * room} y2=${HEIGHT - FOOT - part * room} />
            <text x=${LEFT - 6} y=${HEIGHT - FOOT - part * room + 4} text-anchor="end">${compact(most * part)}</text>`,
        )}
        ${days.map((day, i) => {
          const middle = LEFT + step * (i + 0.5);
          return html`
            <g key=${day.date}>
              <title>${`${date(day.date)}: +${points(day.given)} −${points(day.spent)}`}</title>
              <rect class="first" rx="3" x=${middle - width - 1} width=${width} y=${HEIGHT - FOOT - tall(day.given)} height=${tall(day.given)} />
              <rect class="second" rx="3" x=${middle + 1} width=${width} y=${HEIGHT - FOOT - tall(day.spent)} height=${tall(day.spent)} />
              ${i % 2 === days.length % 2 ? null : html`<text x=${middle} y=${HEIGHT - 6} text-anchor="middle">${dayAndMonth(day.date)}</text>`}
            </g>`;
        })}
      </svg>
    </div>
    <table class="unseen">
      <caption>${t("home.points")}</caption>
      <thead><tr><th>${t("date")}</th><th>${t("home.given")}</th><th>${t("home.spent")}</th></tr></thead>
      <tbody>${days.map((day) => html`<tr key=${day.date}><td>${date(day.date)}</td><td>${points(day.given)}</td><td>${points(day.spent)}</td></tr>`)}</tbody>
    </table>
  `;
}
