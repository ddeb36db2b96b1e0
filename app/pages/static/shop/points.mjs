// The balance, and how it came about.
import { html } from "kit/html.mjs";
import { dateTime, points } from "kit/format.mjs";
import { useLoad } from "kit/load.mjs";
import { to, useQuery } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Bones, Button, Empty, Pages, Title, Trouble } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { useWallet } from "./wallet.mjs";

const PER_PAGE = 20;

export function Points() {
  const [query] = useQuery(), page = Math.max(1, Math.floor(Number(query.page)) || 1);
  const history = useLoad((signal) => api.get("/api/customer/points/transfer", { page, perPage: PER_PAGE }, { signal }), [page]);
  return html`
    <${Title} text=${t("points.text")}>${t("points.title")}<//>
    <${Figures} />
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
      <${Figure} label=${t("points.used")} value=${points(wallet.usedPoints ?? 0)} />
    </div>
  `;
}

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
