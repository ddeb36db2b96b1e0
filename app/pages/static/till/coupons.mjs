// What a customer holds already: shown large, and marked as used.
import { html, useState } from "kit/html.mjs";
import { titleOf, worthOf } from "kit/campaign.mjs";
import { date } from "kit/format.mjs";
import { Code } from "kit/code.mjs";
import { useAct } from "kit/load.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, Dialog, Empty, Picture, Trouble, confirm, say } from "kit/ui.mjs";
import { api } from "./seller.mjs";

export function HeldCoupons({ customer, vouchers, closed, heading, onUsed }) {
  const [shown, setShown] = useState(null);
  return html`
    <section class="sheet" style=${{ alignSelf: "start" }} aria-labelledby="coupons">
      <h2 id="coupons" tabindex="-1" ref=${heading}>${t("coupons")}</h2>
      ${vouchers.length === 0 && html`<${Empty} icon="gift" title=${t("coupons.none")}><p>${t("coupons.none.text")}</p><//>`}
      <ul class="list">
        ${vouchers.map(
          (it) => html`
            <li key=${it.key}>
              <${Picture} small src=${it.campaign.photo} name=${it.title} />
              <span class="stack" style=${{ gap: 0, flex: "1 1 6rem", minWidth: 0 }}>
                <span class="strong name clamp">${titleOf(it)}</span>
                <span class="soft small">${[it.code, worthOf(it), it.expires_at && t("coupon.until", { date: date(it.expires_at) })].filter(Boolean).join(" · ")}</span>
              </span>
              <${Button} aria-label=${t("coupon.show-of", { title: it.title })} onClick=${() => setShown(it)}>${t("coupon.show")}<//>
            </li>`,
        )}
      </ul>
      ${shown && html`<${HeldCoupon} customer=${customer} voucher=${shown} closed=${closed} onClose=${() => setShown(null)} onUsed=${onUsed} />`}
    </section>
  `;
}

function HeldCoupon({ customer, voucher, closed, onClose, onUsed }) {
  const [mark, { busy, error }] = useAct(async () => {
    if (!(await markAsUsed(customer, voucher))) return;
    say(t("coupon.marked", { title: voucher.title }));
    onClose();
    onUsed();
  });
  return html`
    <${Dialog} title=${html`<span class="clamp">${titleOf(voucher)}</span>`} onClose=${onClose}>
      <div class="row tight">
        ${worthOf(voucher) && html`<${Badge} tone="accent">${worthOf(voucher)}<//>`}
        <span class="soft small">${voucher.expires_at ? t("coupon.until", { date: date(voucher.expires_at) }) : t("coupon.forever")}</span>
      </div>
      <${Code} text=${voucher.code ?? voucher.key} />
      ${!voucher.code && html`<p>${t("coupon.no-code")}</p>`}
      ${[voucher.text, voucher.usage_instruction].filter(Boolean).map((text) => html`<p class="name" key=${text}>${text}</p>`)}
      <${Trouble} error=${error} />
      <div class="row end">
        ${voucher.can_be_marked && html`<${Button} class="big" icon="check" busy=${busy} disabled=${closed} onClick=${mark}>${t("coupon.mark")}<//>`}
        <${Button} kind="main-action" class="big" onClick=${onClose}>${t("close")}<//>
      </div>
    <//>
  `;
}

/** Mark a coupon as used, after asking; answers whether it was. Its purchase is named, so that to do it again changes nothing. */
export async function markAsUsed(customer, { campaign, code, purchase, title: own }) {
  const title = titleOf({ campaign, title: own });
  const isMeant = await confirm({ title: t("coupon.mark.title"), text: t("coupon.mark.text", { title, code, name: customer.name }), yes: t("coupon.mark") });
  if (!isMeant) return false;
  await api.post("/api/seller/campaign/coupons/mark_as_used", {
    coupons: [{ campaignId: campaign.id, code, used: true, couponId: purchase, customerId: customer.id }],
  });
  return true;
}

/** The coupon of a sale among those that its customer holds: of equal ones the newest. */
export async function purchaseOf(sale) {
  const { vouchers } = await api.get(`/api/seller/customer/${sale.customer.id}/vouchers`, { usable: true, size: 100 });
  const found = vouchers.find((it) => it.campaign.id === sale.campaign.id && it.code === sale.code && it.can_be_marked);
  if (!found) throw new Error(t("coupon.not-held"));
  return found;
}
