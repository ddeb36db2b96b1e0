// One campaign: its document, photo, codes, draws and history, and what can be done with it.
import { html } from "kit/html.mjs";
import { number } from "kit/format.mjs";
import { useAct, useLoad } from "kit/load.mjs";
import { mayLeave, navigate, to } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Button, Loaded, Title, Trouble, confirm, say } from "kit/ui.mjs";
import { api, campaignPath } from "./api.mjs";
import { Codes } from "./codes.mjs";
import { put } from "./document.mjs";
import { Draws } from "./draws.mjs";
import { Editor } from "./editor.mjs";
import { History } from "./history.mjs";
import { Photo } from "./photo.mjs";
import { Life, purpose, windowText } from "./words.mjs";

export function Campaign({ campaign: key, part = "document" }) {
  const found = useLoad((signal) => api.call("GET", campaignPath(key), { signal }), [key]);
  return html`<${Loaded} of=${found} lines=${10}>${(it) => html`<${Whole} key=${it.data.state.id} found=${it} part=${part} onChanged=${(answer) => changed(answer, key, part, found)} reload=${found.reload} />`}<//>`;
}

function changed(answer, key, part, found) {
  found.put({ ...answer });
  if (answer.data.key !== key) navigate(`/campaigns/${answer.data.key}/${part}`, {}, { replace: true });
}

function Whole({ found, part, onChanged, reload }) {
  const campaign = found.data, etag = found.etag;
  const takesCodes = Boolean(campaign.sale) || campaign.rewards.some((it) => it.kind === "coupon");
  const parts = [
    ["document", t("part.document")],
    ...(takesCodes ? [["codes", t("part.codes")]] : []),
    ...(campaign.state.draw ? [["draws", t("part.draws")]] : []),
    ["photo", t("part.photo")],
    ["history", t("part.history")],
  ];
  return html`
    <${Title} back=${[to("/campaigns"), t("menu.campaigns")]} actions=${html`<${Moves} campaign=${campaign} etag=${etag} onChanged=${onChanged} reload=${reload} />`}>
      ${campaign.name}
    <//>
    <div class="row"><${Life} campaign=${campaign} /><span class="soft">${purpose(campaign)} · ${windowText(campaign.activity, campaign.hours.time_zone)}</span></div>
    <${Counts} campaign=${campaign} takesCodes=${takesCodes} />
    <nav class="segmented" aria-label=${t("part")}>
      ${parts.map(([name, text]) => html`<${Tab} key=${name} href=${to(`/campaigns/${campaign.key}${name === "document" ? "" : `/${name}`}`)} isHere=${name === part}>${text}<//>`)}
    </nav>
    ${part === "document" && html`<${Editor} key=${etag} campaign=${campaign} etag=${etag} onSaved=${onChanged} />`}
    ${part === "codes" && html`<${Codes} campaign=${campaign} reload=${reload} />`}
    ${part === "draws" && html`<${Draws} campaign=${campaign} />`}
    ${part === "photo" && html`<${Photo} address=${`/api/campaign/${campaign.state.id}/photo`} shown=${campaign.state.photo} reload=${reload} />`}
    ${part === "history" && html`<${History} key=${etag} campaign=${campaign} etag=${etag} onChanged=${onChanged} />`}
  `;
}

const Tab = ({ href, isHere, children }) => html`<a href=${href} aria-current=${isHere ? "page" : undefined}>${children}</a>`;

function Counts({ campaign, takesCodes }) {
  const { state, limits } = campaign;
  const shared = campaign.sale?.single_coupon;
  return html`
    <div class="facts">
      <${Count} label=${t("given")} value=${number(state.given)} />
      <${Count} label=${t("count.customers")} value=${number(state.customers)} />
      ${campaign.opt_in.required && html`<${Count} label=${t("count.participants")} value=${number(state.participants)} />`}
      ${takesCodes && !shared && html`<${Count} label=${t("count.codes-left")} value=${`${number(state.pool.left ?? state.pool.codes)} / ${number(state.pool.codes)}`} />`}
      ${limits.overall !== null && html`<${Count} label=${t("count.of-limit")} value=${`${number(state.given)} / ${number(limits.overall)}`} />`}
    </div>
  `;
}

const Count = ({ label, value }) => html`<div class="figure"><span class="small soft">${label}</span><span class="value">${value}</span></div>`;

/** What can be done with a campaign where it stands; asked before what cannot be taken back. */
const MOVES = {
  draft: [["live", "publish", "main-action"]],
  inreview: [["live", "publish", "main-action"], ["draft", "to-draft", ""]],
  live: [["paused", "pause", ""], ["completed", "complete", "danger"]],
  paused: [["live", "resume", "main-action"], ["completed", "complete", "danger"]],
  completed: [],
};

function Moves({ campaign, etag, onChanged, reload }) {
  const [move, { busy, error }] = useAct(async (lifecycle, name) => {
    if (!(await mayLeave())) return; // the form begins anew with the campaign as it is then
    const wanted = put(campaign, "/lifecycle", lifecycle);
    const { data: plan } = await api.call("PUT", campaignPath(campaign.state.id, "?dry_run=true"), { json: wanted, ifMatch: etag });
    const question = { title: t(`move.${name}.title`, { name: campaign.name }), text: t(`move.${name}.text`), points: plan.warnings.map((it) => it.message), yes: t(`move.${name}`), danger: name === "complete" };
    if (!(await confirm(question))) return;
    onChanged(await api.call("PUT", campaignPath(campaign.state.id), { json: wanted, ifMatch: etag }));
    say(t(`move.${name}.done`, { name: campaign.name }), "good");
  });
  return html`
    ${MOVES[campaign.lifecycle].map(([lifecycle, name, kind]) => html`<${Button} key=${name} kind=${kind} busy=${busy} onClick=${() => move(lifecycle, name)}>${t(`move.${name}`)}<//>`)}
    <${Trouble} error=${error} retry=${error && reload} />
  `;
}
