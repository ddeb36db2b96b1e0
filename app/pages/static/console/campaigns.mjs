// All campaigns: found, filtered, sorted; where one stands is in the address.
import { html } from "kit/html.mjs";
import { priceOf } from "kit/campaign.mjs";
import { number } from "kit/format.mjs";
import { useLoad } from "kit/load.mjs";
import { to, useQuery, useSearch } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, Empty, Field, Loaded, Pages, Picture, Table, Title } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { Life, purpose, windowText } from "./words.mjs";

const PER_PAGE = 20;
const KINDS = ["interaction", "composable", "referral", "signup", "basket"];
const LIVES = ["draft", "inreview", "live", "paused", "completed"];

export function Campaigns() {
  const [query, change] = useQuery();
  const [text, setText] = useSearch();
  const asked = {
    text: query.text,
    kind: query.kind,
    lifecycle: query.lifecycle,
    sort: query.sort,
    direction: query.sort ? (query.descending ? "DESC" : "ASC") : null,
    page: query.page,
    perPage: PER_PAGE,
  };
  const found = useLoad((signal) => api.get("/api/admin/campaigns", asked, { signal }), [JSON.stringify(asked)]);
  const choices = (names, said) => [["", t("all")], ...names.map((name) => [name, said(name)])];
  return html`
    <${Title} actions=${html`<${Button} kind="main-action" icon="plus" href=${to("/campaigns/new")}>${t("new-campaign")}<//>`}>${t("menu.campaigns")}<//>
    <div class="fields">
      <${Field} label=${t("search")} type="search" value=${text} onInput=${setText} placeholder=${t("campaigns.search")} />
      <${Field} as="select" label=${t("kind")} options=${choices(KINDS, (it) => t(`kind.${it}`))} value=${query.kind ?? ""} onInput=${(kind) => change({ kind: kind || null })} />
      <${Field} as="select" label=${t("life")} options=${choices(LIVES, (it) => t(`life.${it}`))} value=${query.lifecycle ?? ""} onInput=${(lifecycle) => change({ lifecycle: lifecycle || null })} />
    </div>
    <${Loaded} of=${found} lines=${10} height="2.75rem">${(it) => html`
      <p class="small soft" role="status">${t("campaigns.count", { n: it.total })}</p>
      ${it.campaigns.length === 0
        ? html`<${Empty} icon="gift" title=${t("campaigns.none")}><${Button} href=${to("/campaigns/new")}>${t("new-campaign")}<//><//>`
        : html`
            <div class="sheet flush">
              <${Table}
                label=${t("menu.campaigns")}
                columns=${COLUMNS()}
                rows=${it.campaigns}
                id=${(row) => row.state.id}
                href=${(row) => to(`/campaigns/${row.key}`)}
                sort=${query.sort ? { key: query.sort, descending: Boolean(query.descending) } : null}
                onSort=${(sort, descending) => change({ sort, descending: descending ? "1" : null })}
              />
            </div>
            <${Pages} total=${it.total} perPage=${PER_PAGE} />
          `}
    `}<//>
  `;
}

const COLUMNS = () => [
  {
    key: "name",
    label: t("name"),
    sort: "name",
    cell: (row) => html`<span class="row tight" style=${{ flexWrap: "nowrap" }}><${Picture} small src=${row.state.photo} name=${row.name} /><span class="name clamp">${row.name}</span></span>`,
  },
  { key: "purpose", label: t("kind"), cell: purpose },
  { key: "life", label: t("life"), sort: "lifecycle", cell: (row) => html`<${Life} campaign=${row} />` },
  { key: "price", label: t("price"), sort: "price", number: true, cell: (row) => priceOf(row) },
  { key: "given", label: t("given"), number: true, cell: (row) => number(row.state.given) },
  { key: "left", label: t("left"), number: true, cell: left },
  { key: "window", label: t("window"), sort: "to", cell: (row) => windowText(row.activity, row.hours.time_zone) },
];

function left({ state }) {
  if (state.left === null) return "∞";
  return state.left > 0 ? number(state.left) : html`<${Badge} tone="bad">${t("left.none")}<//>`;
}
