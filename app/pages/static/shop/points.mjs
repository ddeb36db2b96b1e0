// The balance, and how it came about.
import { html, useState } from "kit/html.mjs";
import { date, dateTime, points } from "kit/format.mjs";
import { useLoad } from "kit/load.mjs";
import { to, useQuery } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Bones, Button, Empty, Pages, Title, Trouble } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { Passing } from "./passing.mjs";
import { useWallet } from "./wallet.mjs";

const PER_PAGE = 20;

export function Points() {
  const [query] = useQuery(), page = Math.max(1, Math.floor(Number(query.page)) || 1);
  const history = useLoad((signal) => api.get("/api/customer/points/transfer", { page, perPage: PER_PAGE }, { signal }), [page]);
  const { id } = api.signedIn.get(), held = useLoad((signal) => api.get(`/api/customer/${id}/points`, {}, { signal }), [id]);
  const [isPassing, setPassing] = useState(false);
  const passed = () => (setPassing(false), history.reload(), held.reload());
  return html`
    <${Title} text=${t("points.text")}>${t("points.title")}<//>
    <${Figures} />
    ${held.data?.expiring?.length > 0 && html`<${Expiring} of=${held.data.expiring} />`}
    <div class="row"><${Button} icon="plus" href=${to("/earn")}>${t("earn.title")}<//><${Button} onClick=${() => setPassing(true)}>${t("passing")}<//></div>
    ${isPassing && html`<${Passing} onClose=${() => setPassing(false)} onDone=${passed} />`}
    ${history.error && html`<${Trouble} error=${history.error} retry=${history.reload} />`}
    ${!history.data && !history.error && html`<${Bones} lines=${6} height="2.5rem" />`}
    ${history.data && (history.data.total ? html`<${History} found=${history.data} />` : html`<${None} />`)}
  `;
}

const None = () => html`<${Empty} icon="mark" title=${t("points.none")}><${Button} href=${to("/")}>${t("back.rewards")}<//><//>`;

function Figures() {
  const wallet = useWallet();
  if (!wallet) return null;
  return html`
    <div class="tiles" style=${{ gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 9rem), 1fr))" }}>
      <${Figure} label=${t("balance")} value=${points(wallet.points)} />
      ${wallet.lockedPoints > 0 && html`<${Figure} label=${t("points.locked")} value=${points(wallet.lockedPoints)} />`}
      <${Figure} label=${t("points.used")} value=${points(wallet.usedPoints ?? 0)} />
    </div>
  `;
}

/** What is lost soon unless it is spent. */
const Expiring = ({ of }) => html`
  <section class="sheet">
    <h2>${t("points.expiring")}</h2>
    <ul class="list">${of.map((it) => html`<li key=${it.expiresAt}><span class="grow">${date(it.expiresAt)}</span><span class="number strong">${points(it.points)}</span></li>`)}</ul>
  </section>
`;

const Figure = ({ label, value }) => html`
  <div class="figure"><span class="soft small">${label}</span><span class="value name">${value}</span></div>
`;

const History = ({ found }) => html`
  <section class="sheet">
    <h2>${t("points.history")}</h2>
    <ul class="list">${found.transfers.map((it) => html`<${Transfer} key=${it.pointsTransferId} of=${it} />`)}</ul>
  </section>
  <${Pages} total=${found.total} perPage=${PER_PAGE} />
`;

function Transfer({ of }) {
  const isMore = of.type.endsWith("adding");
  return html`
    <li style=${{ flexWrap: "nowrap" }}>
      <div class="grow">
        <p class="strong name">${of.comment || t(`points.${of.type}`)}</p>
        <p class="soft small">${dateTime(of.createdAt)}${of.state !== "active" && ` · ${t(`points.state.${of.state}`)}`}</p>
      </div>
      <span class="number large strong ${isMore ? "good" : ""}">${isMore ? "+" : "−"}${points(of.value)}</span>
    </li>
  `;
}
