// How points are earned, which levels there are to reach, and what was bought in the shops.
import { html } from "kit/html.mjs";
import { date, dateTime, money, number, percent, points } from "kit/format.mjs";
import { useLoad } from "kit/load.mjs";
import { to } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Empty, Loaded, Progress, Title } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { Invite } from "./invite.mjs";
import { useWallet } from "./wallet.mjs";

export function Earn() {
  const found = useLoad((signal) =>
    Promise.all([
      api.get("/api/customer/earningRule", { perPage: 100 }, { signal }),
      api.get("/api/customer/level", { perPage: 100 }, { signal }),
      api.get("/api/customer/transaction", { perPage: 20 }, { signal }),
    ]),
  );
  return html`
    <${Title} back=${[to("/points"), t("points.title")]} text=${t("earn.text")}>${t("earn.title")}<//>
    <${Loaded} of=${found} lines=${6}>${([{ earningRules }, { levels }, { transactions }]) => html`
      <section class="sheet"><h2>${t("earn.rules")}</h2>
        ${earningRules.length === 0 && html`<${Empty} icon="mark" title=${t("earn.rules.none")} />`}
        <ul class="list">${earningRules.map((it) => html`<li key=${it.earningRuleId}>${it.hasPhoto && html`<${Thumbnail} of=${`earningRule/${it.earningRuleId}`} />`}<div class="grow"><p class="strong name">${it.name}</p><p class="soft small name">${[gives(it), it.description, !it.allTimeActive && t("earn.until", { date: date(it.endAt) })].filter(Boolean).join(" · ")}</p></div></li>`)}</ul>
      </section>
      <${Levels} levels=${levels} />
      <${Invite} />
      <section class="sheet"><h2>${t("earn.bought")}</h2>
        ${transactions.length === 0 && html`<p class="soft">${t("earn.bought.none")}</p>`}
        <ul class="list">${transactions.map((it) => html`<li key=${it.transactionId} style=${{ flexWrap: "nowrap" }}><div class="grow"><p class="strong name">${it.documentNumber}</p><p class="soft small name">${[dateTime(it.purchaseDate), it.purchasePlace, it.documentType === "return" && t("earn.return")].filter(Boolean).join(" · ")}</p></div><span class="soft number">${money(it.grossValue, it.currency)}</span>${it.pointsEarned > 0 && html`<span class="number strong good">+${points(it.pointsEarned)}</span>`}</li>`)}</ul>
      </section>
    `}<//>
  `;
}

/** What stands beside it says what it is. */
const Thumbnail = ({ of }) => html`<img src=${`/api/${of}/photo`} alt="" style=${{ width: "3.5rem", aspectRatio: "1", objectFit: "cover", borderRadius: "var(--round)" }} />`;

/** What a rule gives; where it says more than fits, its name says it. */
function gives(it) {
  if (it.type === "points") return t("earn.gives.points", { points: points(it.pointValue) });
  if (it.type === "multiply_for_product") return t("earn.gives.multiplied", { factor: number(it.multiplier) });
  if (it.type === "product_purchase") return t("earn.gives.piece", { points: points(it.pointsAmount), skus: it.skuIds.join(", ") });
  if (it.type === "geolocation") return t("earn.gives.place", { points: points(it.pointsAmount), radius: number(it.radius), place: `${it.latitude}, ${it.longitude}` });
  if (it.type === "qrcode") return t("earn.gives.code", { points: points(it.pointsAmount) });
  return it.pointsAmount ? t("earn.gives.once", { points: points(it.pointsAmount) }) : null;
}

function Levels({ levels }) {
  const wallet = useWallet();
  if (levels.length === 0 || !wallet) return null;
  const next = levels.find((it) => it.name === wallet.nextLevelName);
  const missing = wallet.pointsToNextLevel ?? wallet.transactionsAmountToNextLevelWithoutDeliveryCosts, reached = next && next.conditionValue - missing;
  return html`
    <section class="sheet"><h2>${t("earn.levels")}</h2>
      ${next && html`<${Progress} label=${t("earn.next", { name: next.name })} done=${reached} of=${next.conditionValue} text=${`${number(reached)} / ${number(next.conditionValue)}`} />`}
      ${wallet.levelWillExpireInDays !== undefined && html`<p class="soft">${t("earn.level.expires", { n: wallet.levelWillExpireInDays })}</p>`}
      <ul class="list">${levels.map((it) => html`<li key=${it.id}>${it.hasPhoto && html`<${Thumbnail} of=${`level/${it.id}`} />`}<div class="grow"><p class="strong name">${it.name}</p><p class="soft small">${[t("earn.level.from", { amount: number(it.conditionValue) }), it.reward?.value > 0 && t("earn.level.discount", { percent: percent(it.reward.value) })].filter(Boolean).join(" · ")}</p></div>${it.name === wallet.levelName && html`<${Badge} tone="accent">${t("earn.level.mine")}<//>`}</li>`)}</ul>
    </section>
  `;
}
