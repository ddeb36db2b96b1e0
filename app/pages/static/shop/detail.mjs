// One campaign: what it is, what it costs, why it cannot be had now, and the way to have it.
import { html } from "kit/html.mjs";
import { dateTime, number } from "kit/format.mjs";
import { useAct, useLoad } from "kit/load.mjs";
import { useRoom } from "kit/room.mjs";
import { to } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Bones, Button, confirm, Empty, Picture, say, Title, Trouble } from "kit/ui.mjs";
import { Action } from "./action.mjs";
import { api } from "./api.mjs";
import { Buy } from "./buy.mjs";
import { leftOf, Lines, textsOf, Way, way } from "./campaign.mjs";
import { Collect } from "./collect.mjs";
import { Tap, Wheel } from "./play.mjs";
import { Hindrances } from "./reasons.mjs";
import { Rewards } from "./rewards.mjs";
import { Chances } from "./wheel.mjs";

export function Detail({ id }) {
  const campaign = useLoad((signal) => api.get(`/api/customer/campaigns/${id}`, {}, { signal }), [id]);
  if (campaign.error?.status === 404) return html`<${Gone} />`;
  if (campaign.data) return html`<${Campaign} campaign=${campaign.data} reload=${campaign.reload} />`;
  if (!campaign.error) return html`<${Bones} lines=${5} height="4rem" />`;
  return html`
    <${Title} back=${BACK()}>${t("campaign")}<//>
    <${Trouble} error=${campaign.error} retry=${campaign.reload} />
  `;
}

const BACK = () => [to("/"), t("back.rewards")];
const Gone = () => html`
  <${Title} back=${BACK()}>${t("campaign.gone")}<//>
  <${Empty} title=${t("campaign.gone.text")}><${Button} href=${to("/")}>${t("back.rewards")}<//><//>
`;

function Campaign({ campaign, reload }) {
  const isWide = useRoom("64rem"), texts = textsOf(campaign);
  const parts = { campaign, reload, name: texts.name };
  const isWheel = way(campaign) === "wheel";
  const stage = isWheel
    ? html`<${Wheel} ...${parts} />`
    : html`<div class="sheet flush" style=${LOW}><${Picture} src=${campaign.photo} name=${texts.name} /></div>`;
  const side = html`
    ${campaign.opt_in.required && html`<${OptIn} ...${parts} />`}
    ${isWheel ? html`<${Chances} rewards=${campaign.rewards} currency=${campaign.currency} />` : html`<${Ways} ...${parts} />`}
  `;
  const about = html`<${About} campaign=${campaign} texts=${texts} />`;
  return html`
    <${Title} back=${BACK()} text=${texts.short}>${texts.name}<//>
    <div class="columns" style=${isWide ? BESIDE : BELOW}>
      <div>${stage}</div>
      <div class="stack" style=${isWide ? ASIDE : null}>${side}</div>
      <div>${about}</div>
    </div>
  `;
}

const LOW = { maxHeight: "30rem", display: "grid", alignContent: "center" };
// The order stays when a device is turned, and what was just won stays with it.
const BELOW = { gap: "var(--s4)" };
const BESIDE = { gridTemplate: "auto 1fr / minmax(0, 2fr) minmax(18rem, 1fr)", gap: "var(--s4) var(--s5)" };
const ASIDE = { gridColumn: 2, gridRow: "1 / span 2" };

function Ways(parts) {
  const { campaign } = parts;
  if (campaign.action === "buy") return html`<${Buy} ...${parts} />`;
  if (campaign.action === "play") return html`<${Tap} ...${parts} />`;
  if (campaign.action === "collect") return html`<${Collect} ...${parts} />`;
  return html`
    <section class="sheet">
      <h2>${t("how")}</h2>
      <p>${t(`how.${campaign.action}`)}</p>
      ${campaign.rewards.length > 0 && html`<${Rewards} of=${campaign.rewards} />`}
      <${Hindrances} of=${campaign} />
    </section>
  `;
}

function OptIn({ campaign, reload, name }) {
  const { opted_in: isIn } = campaign.opt_in;
  const [opt, { busy, error }] = useAct(async () => {
    const question = { title: t("opt-out.ask", { name }), text: t("opt-out.text"), yes: t("opt-out"), danger: true };
    if (isIn && !(await confirm(question))) return;
    await api.post(`/api/customer/campaigns/${campaign.id}/${isIn ? "opt_out" : "opt_in"}`);
    say(t(isIn ? "opted-out" : "opted-in"));
    reload();
  });
  return html`
    <section class="sheet">
      <div class="row apart"><h2>${t("opt-in.title")}</h2>${isIn && html`<span class="badge good">${t("opted-in.badge")}</span>`}</div>
      <p class="soft">${t(isIn ? "opt-in.is-in" : "opt-in.text")}</p>
      <${Trouble} error=${error} />
      <${Action} kind=${isIn ? "" : "main-action"} busy=${busy} onClick=${opt}>${t(isIn ? "opt-out" : "opt-in")}<//>
    </section>
  `;
}

function About({ campaign, texts }) {
  const left = leftOf(campaign), mine = campaign.left_for_customer;
  const facts = [
    left !== null && [t("fact.left"), number(left)],
    mine !== null && mine < MANY && [t("fact.mine"), t("times", { n: mine, times: number(mine) })],
    campaign.active_from && new Date(campaign.active_from) > Date.now() && [t("fact.from"), dateTime(campaign.active_from)],
    [t("fact.until"), campaign.active_to ? dateTime(campaign.active_to) : t("fact.no-end")],
  ].filter(Boolean);
  return html`
    <section class="sheet" aria-label=${t("about")}>
      <${Way} of=${campaign} />
      <dl class="facts" style=${{ gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 8.75rem), 1fr))" }}>
        ${facts.map(([term, said]) => html`<div key=${term}><dt>${term}</dt><dd>${said}</dd></div>`)}
      </dl>
      ${[["conditions", texts.conditions], ["usage", texts.usage]].map(
        ([key, text]) => text && html`<div key=${key} class="stack tight"><h2>${t(`about.${key}`)}</h2><${Lines}>${text}<//></div>`,
      )}
    </section>
  `;
}
const MANY = 10_000;
