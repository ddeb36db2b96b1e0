// How often it gives.
import { html } from "kit/html.mjs";
import { t } from "kit/texts.mjs";
import { LimitAt, NumberAt, Section } from "./parts.mjs";

export function Limits({ edit }) {
  if ((edit.value("/context") ?? edit.value("/kind")) === "event") return null;
  return html`
    <${Section} title=${t("section.limits")} text=${t("section.limits.text")}>
      <div class="fields">
        <${NumberAt} edit=${edit} at="/limits/overall" label=${t("limit.overall")} hint=${edit.value("/sale") ? t("limit.overall.hint") : undefined} placeholder=${t("limit.none")} />
        <${LimitAt} edit=${edit} at="/limits/per_customer" label=${t("limit.per-customer")} forEver />
        <${LimitAt} edit=${edit} at="/limits/per_period" label=${t("limit.per-period")} />
      </div>
    <//>
  `;
}
