// What it is called, what it costs, and what is said of it.
import { html } from "kit/html.mjs";
import { t } from "kit/texts.mjs";
import { AmountAt, CheckAt, ChoiceAt, Section, TextAt } from "./parts.mjs";

const COUPON_KINDS = ["discount_code", "free_delivery_code", "gift_code", "event_code", "value_code"];

export function Basics({ edit }) {
  const context = edit.value("/context") ?? edit.value("/kind");
  return html`
    <${Section} title=${t("section.basics")}>
      <${TextAt} edit=${edit} at="/name" label=${t("name")} hint=${t("edit.name.hint")} required />
      <div class="fields">
        ${(context === "interaction") && html`<${AmountAt} edit=${edit} at="/price" label=${t("edit.price")} hint=${t("edit.price.hint")} />`}
        ${edit.value("/sale") &&
        html`<${ChoiceAt} edit=${edit} at="/sale/coupon_kind" label=${t("edit.coupon-kind")} options=${COUPON_KINDS.map((it) => [it, t(`coupon.${it}`)])} />`}
      </div>
      ${edit.value("/sale") && edit.isNew && html`<p class="soft small">${t("edit.codes-later")}</p>`}
      ${edit.value("/sale") && html`<${CheckAt} edit=${edit} at="/sale/single_coupon" label=${t("edit.single-coupon")} />`}
      <${TextAt} edit=${edit} at="/texts/short_description" orNull label=${t("edit.short-description")} hint=${t("edit.short-description.hint")} as="textarea" />
    <//>
  `;
}

export function Texts({ edit }) {
  return html`
    <${Section} title=${t("section.texts")} text=${t("section.texts.text")}>
      <${TextAt} edit=${edit} at="/texts/conditions_description" orNull label=${t("edit.conditions")} as="textarea" />
      <${TextAt} edit=${edit} at="/texts/usage_instruction" orNull label=${t("edit.usage")} hint=${t("edit.usage.hint")} as="textarea" />
    <//>
  `;
}
