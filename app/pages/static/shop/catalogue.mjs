// All that a customer is shown, and what is missing to have it.
import { priceOf } from "kit/campaign.mjs";
import { html } from "kit/html.mjs";
import { number, points } from "kit/format.mjs";
import { to, useQuery, useSearch } from "kit/router.mjs";
import { Reading, useReading } from "kit/reading.mjs";
import { useRoom } from "kit/room.mjs";
import { t } from "kit/texts.mjs";
import { Button, Check, Empty, Field, Picture, Progress, Segmented, Title } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { Standing, textsOf, Way } from "./campaign.mjs";
import { useWallet } from "./wallet.mjs";

const ACTIONS = ["", "buy", "play", "collect"];
const mayHave = (campaign) => campaign.may_have;

export function Catalogue() {
  const [query, change] = useQuery();
  const action = ACTIONS.includes(query.show ?? "") ? (query.show ?? "") : "";
  const reading = useReading(api, "/api/customer/campaigns", "campaigns", {
    query: { text: query.text, action },
    wanted: query.now ? mayHave : undefined,
  });
  const count = reading.rows?.length;
  const filtered = query.text || action || query.now;
  return html`
    <${Greeting} />
    <${Filters} query=${query} action=${action} change=${change} />
    <p class="unseen" role="status">${count === undefined || reading.busy ? "" : t("catalogue.count", { n: count, count })}</p>
    <${Reading} of=${reading} height="5rem" empty=${html`<${Nothing} filtered=${filtered} change=${change} />`}>
      ${(rows) => html`<div class="tiles">${rows.map((row) => html`<${Tile} key=${row.id} campaign=${row} />`)}</div>`}
    <//>
  `;
}

/** Who it is, and how many points there are to spend. */
function Greeting() {
  const wallet = useWallet();
  return html`
    <section class="sheet hero" aria-label=${t("balance")}>
      <div class="row apart top">
        <div class="grow"><${Title}>${wallet?.firstName ? t("hello", { name: wallet.firstName }) : t("catalogue.title")}<//></div>
        ${wallet?.levelName && html`<span class="badge" style=${{ whiteSpace: "normal" }}><span class="name">${wallet.levelName}</span></span>`}
      </div>
      <div class="row apart" style=${{ alignItems: "flex-end", minHeight: "4.25rem" }}>
        <p>
          <span class="small">${t("balance")}</span><br />
          <span class="display" data-balance>${wallet ? points(wallet.points) : "…"}</span>
        </p>
        <a class="button" href=${to("/points")}>${t("points.history.short")}</a>
      </div>
    </section>
  `;
}

function Filters({ query, action, change }) {
  const [text, setText] = useSearch();
  return html`
    <search class="row" style=${{ alignItems: "flex-end" }}>
      <div class="grow"><${Field} label=${t("catalogue.search")} type="search" value=${text} onInput=${setText} autocomplete="off" /></div>
      <div>
        <${Segmented} label=${t("catalogue.show")} value=${action} onChange=${(show) => change({ show: show || null })}
          options=${ACTIONS.map((it) => [it, t(`show.${it || "all"}`)])} />
      </div>
      <${Check} label=${t("catalogue.now")} checked=${Boolean(query.now)} onChange=${(now) => change({ now: now ? "1" : null })} />
    </search>
  `;
}

const Nothing = ({ filtered, change }) =>
  filtered
    ? html`
        <${Empty} icon="search" title=${t("catalogue.none")}>
          <${Button} onClick=${() => change({ text: null, show: null, now: null })}>${t("catalogue.all")}<//>
        <//>`
    : html`<${Empty} icon="gift" title=${t("catalogue.empty")}><p>${t("catalogue.empty.text")}</p><//>`;

function Tile({ campaign }) {
  const isWide = useRoom("40rem");
  const { name, short } = textsOf(campaign), isOff = !campaign.may_have && !campaign.reasons.some((it) => WITHIN_REACH.includes(it.code));
  return html`
    <a class="tile ${isOff ? "off" : ""}" href=${to(`/campaign/${campaign.id}`)}>
      <div style=${isWide ? null : LOW}><${Picture} src=${campaign.photo} name=${name} /></div>
      <div class="body">
        <${Way} of=${campaign} />
        <h2 class="name clamp">${name}</h2>
        ${short && html`<p class="soft name clamp">${short}</p>`}
        <div class="foot"><${Gain} of=${campaign} /><${Standing} of=${campaign} /></div>
        <${Reach} of=${campaign} />
      </div>
    </a>
  `;
}
const LOW = { height: "8.5rem", display: "grid", alignContent: "center", overflow: "hidden" }; // so that a phone shows more than one
const WITHIN_REACH = ["not_enough_points", "not_opted_in"];

/** What it costs; where it costs nothing and more than a tap is needed, what one gets. */
function Gain({ of }) {
  if (of.action === "buy" || of.action === "play") return html`<strong>${priceOf(of)}</strong>`;
  const [first] = of.rewards;
  return first ? html`<strong class="name clamp">${first.title}</strong>` : null;
}

/** How far one has come: with points towards the price, with visits and the like towards what they earn. */
function Reach({ of }) {
  const poor = of.reasons.find((reason) => reason.code === "not_enough_points"), [behavior] = of.behaviors;
  if (poor) {
    const width = `${Math.min(100, (100 * poor.actual) / poor.required)}%`;
    return html`<div class="progress" aria-hidden="true"><div class="track"><div class="done" style=${{ width }}></div></div></div>`;
  }
  if (of.action !== "collect" || !behavior) return null;
  const { name, counted, wanted } = behavior;
  return html`<${Progress} label=${name} done=${counted} of=${wanted} text=${`${number(counted)} / ${number(wanted)}`} />`;
}
