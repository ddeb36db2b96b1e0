// What a customer sees: the shop as it is for one, at a moment, and every reason why not.
import { html } from "kit/html.mjs";
import { priceOf, whyNot } from "kit/campaign.mjs";
import { name, points } from "kit/format.mjs";
import { useLoad } from "kit/load.mjs";
import { Reading, useReading } from "kit/reading.mjs";
import { to, useQuery } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Empty, Field, Picture, Title } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { Finder } from "./finder.mjs";
import { momentOn, onClock, ownZone } from "./zone.mjs";

export function Seen() {
  const [{ customer, at }, change] = useQuery();
  if (!customer) {
    return html`
      <${Title} text=${t("seen.text")}>${t("menu.seen")}<//>
      <section class="sheet"><${Finder} onChoose=${(it) => change({ customer: it.id })} /></section>
    `;
  }
  return html`<${Shelf} key=${customer} customer=${customer} at=${at} change=${change} />`;
}

function Shelf({ customer, at, change }) {
  const who = useLoad((signal) => api.get(`/api/admin/customer/${customer}/status`, {}, { signal }), [customer]);
  const shelf = useReading(api, `/api/admin/customer/${customer}/campaigns`, "campaigns", { query: { as_of: at, everything: true } });
  return html`
    <${Title} back=${[to("/seen"), t("seen.other")]} text=${who.data && t("seen.of", { name: name(who.data), points: points(who.data.points), level: who.data.levelName ?? "—" })}>${t("menu.seen")}<//>
    <div class="fields">
      <${Field} type="datetime-local" label=${t("seen.at")} hint=${t("seen.at.hint", { zone: ownZone() })} value=${at ? onClock(at, ownZone()) : ""} onInput=${(clock) => change({ at: momentOn(clock, ownZone()) })} />
    </div>
    <${Reading} of=${shelf} lines=${6} height="5rem" empty=${html`<${Empty} icon="gift" title=${t("seen.nothing")} />`}>${(rows) => html`
      <div class="tiles">${rows.map((it) => html`<${Tile} key=${it.id} it=${it} />`)}</div>
    `}<//>
  `;
}

export const Tile = ({ it }) => html`
  <article class="tile ${it.may_have && it.visibility === "shown" ? "" : "off"}">
    <${Picture} src=${it.photo} name=${it.name} />
    <div class="body">
      <h2 class="name clamp"><a href=${to(`/campaigns/${it.key}`)}>${it.name}</a></h2>
      <div class="row tight"><${Badge} tone=${it.may_have ? "good" : ""}>${it.may_have ? t("seen.may") : t("seen.may-not")}<//>${it.visibility !== "shown" && html`<${Badge}>${t(`seen.${it.visibility}`)}<//>`}<span class="strong">${it.action === "buy" || Number(it.price) ? priceOf(it) : t(`purpose.${it.draw ? "draw" : ACTIONS[it.action]}`)}</span></div>
      ${it.reasons.length > 0 && html`<ul class="small">${it.reasons.map((reason) => html`<li key=${reason.code}>${whyNot(reason)}</li>`)}</ul>`}
    </div>
  </article>
`;
const ACTIONS = { play: "interaction", collect: "event", shop: "basket", refer: "referral" };
