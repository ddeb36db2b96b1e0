// Turning a wheel, and tapping.
import { priceOf } from "kit/campaign.mjs";
import { html, useEffect, useRef, useState } from "kit/html.mjs";
import { points } from "kit/format.mjs";
import { useAct } from "kit/load.mjs";
import { to } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Button, Icon, Trouble } from "kit/ui.mjs";
import { Action } from "./action.mjs";
import { askOnce, isUnanswered } from "./asked.mjs";
import { Hindrances } from "./reasons.mjs";
import { Rewards } from "./rewards.mjs";
import { Unanswered } from "./unanswered.mjs";
import { refreshWallet } from "./wallet.mjs";
import { angleOf, segmentsOf, Turning } from "./wheel.mjs";

/** Take part once; whatever comes of it, the campaign is read anew by `settle`. */
function usePlay(campaign, onGiven, settle) {
  return useAct(async () => {
    let given;
    try {
      given = await askOnce("play", campaign.id, `/api/customer/campaigns/${campaign.id}/play`);
    } catch (refused) {
      settle();
      throw refused;
    }
    await onGiven(given);
    settle();
  });
}

/** Where there is nothing to press any more, the focus goes to what was given. */
function useFocus(given, campaign) {
  const section = useRef();
  useEffect(() => {
    if (given && document.activeElement === document.body) section.current.focus();
  }, [given, campaign]);
  return section;
}

export function Wheel({ campaign, reload }) {
  // What is seen on the wheel stays until it is turned again, although what can be won may be another by then.
  const [shown, setShown] = useState(null), [angle, setAngle] = useState(0), [stops, setStops] = useState(null);
  const [given, setGiven] = useState(null);
  const section = useFocus(given, campaign), segments = shown ?? segmentsOf(campaign);
  const settle = () => (refreshWallet().catch(() => null), reload());
  const [turn, { busy, error }] = usePlay(
    campaign,
    async (answer) => {
      const fresh = segmentsOf(campaign, answer.draw);
      setGiven(null);
      setShown(fresh);
      await new Promise((stopped) => {
        setStops(() => stopped);
        setAngle((before) => angleOf(fresh, before));
      });
      setStops(null);
      setGiven(answer);
    },
    settle,
  );
  const said = busy ? "wheel.turning" : given ? "wheel.again" : "wheel.turn";
  return html`
    <section class="sheet" ref=${section} tabindex="-1" style=${{ alignItems: "center" }} aria-label=${t("way.wheel")}>
      <${Turning} segments=${segments} angle=${angle} onStopped=${stops} />
      <div class="stack" style=${{ width: "min(30rem, 100%)", alignItems: "stretch" }}>
        <${Given} given=${given} isTurning=${busy} />
        <${Again} campaign=${campaign} error=${error} busy=${busy} onPlay=${turn} said=${t(said)} />
      </div>
    </section>
  `;
}

export function Tap({ campaign, reload }) {
  const [given, setGiven] = useState(null), section = useFocus(given, campaign);
  const settle = () => (refreshWallet().catch(() => null), reload());
  const [tap, { busy, error }] = usePlay(campaign, setGiven, settle);
  return html`
    <section class="sheet" ref=${section} tabindex="-1" aria-label=${t("way.play")}>
      <${WhatItGives} rewards=${campaign.rewards} />
      <${Given} given=${given} />
      <${Again} campaign=${campaign} error=${error} busy=${busy} onPlay=${tap} said=${t("tap")} />
    </section>
  `;
}

function WhatItGives({ rewards }) {
  if (rewards.length === 0) return null;
  return html`
    <h2>${t("gives")}</h2>
    <${Rewards} of=${rewards} />
  `;
}

/** The button, or why there is nothing to press. */
function Again({ campaign, error, busy, onPlay, said }) {
  if (!busy && isUnanswered("play", campaign.id)) return html`<${Unanswered} busy=${busy} onAsk=${onPlay} text=${t("play.unanswered")} />`;
  return html`
    ${!busy && html`<${Hindrances} of=${campaign} tried=${error} />`}
    ${error && campaign.may_have && html`<${Trouble} error=${error} />`}
    ${(busy || campaign.may_have) && html`<${Action} kind="main-action" class="big" busy=${busy} onClick=${onPlay}>${said}<//>`}
    ${Number(campaign.price) > 0 &&
    html`<p class="soft small" style=${{ textAlign: "center" }}>${t("play.price", { price: priceOf(campaign) })}</p>`}
  `;
}

/** What was given, said aloud as soon as it is known. */
const Given = ({ given, isTurning }) => html`
  <div role="status">
    ${given &&
    !isTurning &&
    html`
      <div class="note ${isWin(given) ? "good" : ""}" data-given>
        <${Icon} name=${isWin(given) ? "gift" : "wheel"} /><div class="stack tight"><${Outcome} given=${given} /></div>
      </div>`}
  </div>
`;

const isWin = (given) => given.rewards.some((reward) => reward.kind !== "nothing");

function Outcome({ given }) {
  return html`
    ${given.rewards.map(
      (reward, i) => html`
        <p key=${i} class="large strong name">
          ${reward.kind === "nothing" ? reward.title : t(given.draw ? "given.won" : "given", { title: reward.title })}</p>
        ${reward.voucher && html`<p><${Button} href=${to("/coupons", { open: reward.voucher.number })}>${t("given.coupon")}<//></p>`}`,
    )}
    ${given.rewards.length === 0 && html`<p class="large strong">${t("given.nothing")}</p>`}
    <p class="soft">${t("given.balance", { points: points(given.balance), n: Number(given.balance) })}</p>
    ${given.draw && html`<p><a href=${to("/draws", { check: given.draw.id })}>${t("draws.check")}</a></p>`}
  `;
}
