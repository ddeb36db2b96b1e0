// What the customer holds: codes to show at the till.
import { Code } from "kit/code.mjs";
import { html, useState } from "kit/html.mjs";
import { textOf, titleOf, VOUCHER_TONES, worthOf } from "kit/campaign.mjs";
import { date, dateTime } from "kit/format.mjs";
import { useAct } from "kit/load.mjs";
import { to, useQuery } from "kit/router.mjs";
import { Reading, useReading } from "kit/reading.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, confirm, Dialog, Empty, Picture, say, Segmented, Title, Trouble } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { Lines } from "./campaign.mjs";

const WIDE = { gridTemplateColumns: "repeat(auto-fill, minmax(min(100%, 20rem), 1fr))" };

export function Coupons() {
  const [query, change] = useQuery(), showsAll = query.show === "all";
  const reading = useReading(api, "/api/customer/vouchers", "vouchers", { query: { usable: showsAll ? null : true } });
  const open = reading.rows?.find((it) => String(it.number) === query.open);
  return html`
    <${Title} text=${t("coupons.text")}>${t("coupons.title")}<//>
    <div>
      <${Segmented} label=${t("coupons.show")} value=${showsAll ? "all" : "usable"}
        options=${[["usable", t("coupons.usable")], ["all", t("coupons.all")]]}
        onChange=${(show) => change({ show: show === "all" ? "all" : null })} />
    </div>
    <${Reading} of=${reading} height="4.5rem" empty=${html`<${None} showsAll=${showsAll} change=${change} />`}>
      ${(rows) => html`
        <div class="tiles" style=${WIDE}>
          ${rows.map((row) => html`<${Row} key=${row.number} coupon=${row} onOpen=${() => change({ open: row.number })} />`)}
        </div>`}
    <//>
    ${open && html`<${Open} key=${open.number} coupon=${open} onClose=${() => change({ open: null })} onUsed=${reading.reload} />`}
  `;
}

const None = ({ showsAll, change }) => html`
  <${Empty} icon="key" title=${t(showsAll ? "coupons.none-ever" : "coupons.none")}>
    <p>${t("coupons.none.text")}</p>
    <div class="row">
      <${Button} href=${to("/")}>${t("back.rewards")}<//>
      ${!showsAll && html`<${Button} kind="plain" onClick=${() => change({ show: "all" })}>${t("coupons.all.show")}<//>`}
    </div>
  <//>
`;

function Row({ coupon, onOpen }) {
  return html`
    <button type="button" class="tile ${coupon.status === "usable" ? "" : "off"}" onClick=${onOpen}>
      <span class="body" style=${{ flexDirection: "row", alignItems: "center", gap: "var(--s3)" }}>
        <${Picture} src=${coupon.campaign.photo} name=${coupon.campaign.name} small />
        <span class="grow">
          <span class="strong name clamp">${titleOf(coupon)}</span>
          <span class="soft small name clamp">
            ${coupon.title === coupon.campaign.name ? (worthOf(coupon) ?? coupon.code) : textOf(coupon.campaign, "name")}</span>
          <span class="soft small" style=${{ display: "block" }}>${when(coupon)}</span>
        </span>
        <${Badge} tone=${VOUCHER_TONES[coupon.status]}>${t(`coupon.${coupon.status}`)}<//>
      </span>
    </button>
  `;
}

function when(coupon) {
  if (coupon.status === "used") return coupon.used_at ? t("coupon.used-at", { at: date(coupon.used_at) }) : "";
  if (!coupon.expires_at) return t("coupon.no-end");
  return t(coupon.status === "expired" ? "coupon.expired-at" : "coupon.until", { at: dateTime(coupon.expires_at) });
}

function Open({ coupon, onClose, onUsed }) {
  const [isShown, setShown] = useState(coupon.status === "usable");
  const [use, { busy, error }] = useAct(async () => {
    if (!(await confirm({ title: t("use.ask"), text: t("use.text"), yes: t("use") }))) return;
    const one = { campaignId: coupon.campaign.id, code: coupon.code, used: true };
    if (coupon.purchase) one.couponId = coupon.purchase; // tells coupons of one code apart
    await api.post("/api/customer/campaign/coupons/mark_as_used", { coupons: [one] });
    onClose();
    onUsed();
    say(t("use.done"));
  });
  const value = worthOf(coupon);
  return html`
    <${Dialog} title=${titleOf(coupon)} onClose=${onClose}>
      <div class="row tight">
        <${Badge} tone=${VOUCHER_TONES[coupon.status]}>${t(`coupon.${coupon.status}`)}<//><span class="soft small">${when(coupon)}</span>
      </div>
      ${value && html`<p class="display">${value}</p>`}
      ${isShown
        ? html`<${Code} text=${coupon.code ?? coupon.key} />`
        : html`<${Button} onClick=${() => setShown(true)}>${t("coupon.show-code")}<//>`}
      ${[coupon.text, coupon.usage_instruction].filter(Boolean).map((text, i) => html`<${Lines} key=${i}>${text}<//>`)}
      ${!coupon.usage_instruction && coupon.status === "usable" && html`<p>${t("bought.text")}</p>`}
      <p class="soft small">${t("coupon.given", { at: dateTime(coupon.given_at) })}</p>
      <${Trouble} error=${error} />
      <div class="row end">
        ${coupon.can_be_marked && html`<${Button} busy=${busy} onClick=${use}>${t("use")}<//>`}
        <${Button} kind="main-action" onClick=${onClose}>${t("done")}<//>
      </div>
    <//>
  `;
}
