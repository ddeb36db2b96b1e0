// Buying a campaign's coupon for points.
import { priceOf } from "kit/campaign.mjs";
import { Code } from "kit/code.mjs";
import { html, useEffect, useRef, useState } from "kit/html.mjs";
import { difference, points, priced } from "kit/format.mjs";
import { useAct } from "kit/load.mjs";
import { to } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Button, confirm, Dialog, Trouble } from "kit/ui.mjs";
import { Action } from "./action.mjs";
import { askOnce, isUnanswered } from "./asked.mjs";
import { Lines, textsOf } from "./campaign.mjs";
import { Hindrances } from "./reasons.mjs";
import { Unanswered } from "./unanswered.mjs";
import { refreshWallet, useWallet } from "./wallet.mjs";

export function Buy({ campaign, reload, name }) {
  const wallet = useWallet(), [code, setCode] = useState(null), sheet = useRef();
  const waits = isUnanswered("buy", campaign.id), isFree = Number(campaign.price) === 0;
  const [buy, { busy, error }] = useAct(async () => {
    if (!isUnanswered("buy", campaign.id) && !(await confirm(question(campaign, name, wallet)))) return;
    try {
      const { coupon } = await askOnce("buy", campaign.id, `/api/customer/campaign/${campaign.id}/buy`);
      setCode(coupon.code);
    } finally {
      reload(); // a refusal has its reasons there
      refreshWallet().catch(() => null);
    }
  });
  const wasShown = useRef(false);
  useEffect(() => {
    // The code is closed, and the button that it came from may not be there to go back to.
    if (wasShown.current && code === null && document.activeElement === document.body) sheet.current.focus();
    wasShown.current = code !== null;
  }, [code]);
  return html`
    <section class="sheet" ref=${sheet} tabindex="-1" aria-label=${t("buy.label")}>
      <div class="row apart"><span class="soft">${t("fact.price")}</span><strong class="large">${priceOf(campaign)}</strong></div>
      ${wallet &&
      !isFree &&
      html`
        <div class="row apart small">
          <span class="soft">${t("balance.yours")}</span><span class="number">${priced(wallet.points)}</span>
        </div>`}
      ${waits
        ? html`<${Unanswered} busy=${busy} onAsk=${buy} text=${t("buy.unanswered")} />`
        : html`<${Hindrances} of=${campaign} tried=${error} />`}
      ${error && !waits && campaign.may_have && html`<${Trouble} error=${error} />`}
      ${!waits &&
      html`
        <${Action} kind="main-action" class="big" off=${!campaign.may_have} busy=${busy} onClick=${buy}>
          ${isFree ? t("buy.free") : t("buy", { price: priceOf(campaign) })}
        <//>`}
      ${code !== null && html`<${Bought} code=${code} campaign=${campaign} onClose=${() => setCode(null)} />`}
    </section>
  `;
}

function question(campaign, name, wallet) {
  const price = Number(campaign.price), after = wallet && difference(wallet.points, price);
  const costs = [t("buy.price", { price: priceOf(campaign) })];
  if (wallet) costs.push(t("buy.after", { points: points(after), n: after }));
  return {
    title: t("buy.ask", { name: name }),
    points: price > 0 ? costs : [],
    yes: price > 0 ? t("buy.yes") : t("buy.free"),
  };
}

function Bought({ code, campaign, onClose }) {
  const { usage } = textsOf(campaign);
  return html`
    <${Dialog} title=${t("bought")} onClose=${onClose}>
      <${Code} text=${code} />
      ${usage ? html`<${Lines}>${usage}<//>` : html`<p>${t("bought.text")}</p>`}
      <div class="row end">
        <${Button} href=${to("/coupons")}>${t("bought.coupons")}<//>
        <${Button} kind="main-action" onClick=${onClose}>${t("done")}<//>
      </div>
    <//>
  `;
}
