// Whom it is for, and how many that are.
import { html } from "kit/html.mjs";
import { number } from "kit/format.mjs";
import { t } from "kit/texts.mjs";
import { Check, Note, Segmented } from "kit/ui.mjs";
import { CheckAt, NumberAt, Section } from "./parts.mjs";

export function Audience({ edit }) {
  const { everyone, levels, segments } = edit.value("/audience");
  const { choices } = edit;
  const choose = (who) => edit.set("/audience", { everyone: who === "everyone", levels: [], segments: [] });
  const toggle = (name, chosen, key) => edit.set(`/audience/${name}`, chosen.includes(key) ? chosen.filter((it) => it !== key) : [...chosen, key]);
  const problem = edit.problem("/audience") ?? edit.problem("/audience/everyone");
  return html`
    <${Section} title=${t("section.audience")}>
      <${Segmented} label=${t("section.audience")} value=${everyone ? "everyone" : "some"} onChange=${choose} options=${[["everyone", t("audience.everyone")], ["some", t("audience.some")]]} />
      ${!everyone &&
      html`
        <div class="columns two">
          <${Group} title=${t("levels")} all=${choices.levels} chosen=${levels} onToggle=${(key) => toggle("levels", levels, key)} />
          <${Group} title=${t("segments")} all=${choices.segments} chosen=${segments} onToggle=${(key) => toggle("segments", segments, key)} none=${t("audience.no-segments")} />
        </div>
      `}
      ${problem && html`<span class="problem small bad">${problem}</span>`}
      <p role="status"><span class="soft">${t("audience.size")}</span> <span class="strong">${sizeText(edit.value("/audience"), choices)}</span></p>
      ${edit.value("/restrictions") && html`<${Note} icon="alert">${t("audience.restricted")}<//>`}
      <${CheckAt} edit=${edit} at="/opt_in/required" label=${t("opt-in.required")} />
      ${edit.value("/opt_in/required") && html`<${NumberAt} edit=${edit} at="/opt_in/places" label=${t("opt-in.places")} placeholder=${t("limit.none")} />`}
    <//>
  `;
}

const Group = ({ title, all, chosen, onToggle, none }) => html`
  <fieldset>
    <legend>${title}</legend>
    ${all.length === 0 && html`<p class="soft small">${none}</p>`}
    ${all.map((it) => html`<${Check} key=${it.key} checked=${chosen.includes(it.key)} onChange=${() => onToggle(it.key)} label=${html`<span class="name">${it.name}</span> <span class="soft">${number(it.customers)}</span>`} />`)}
  </fieldset>
`;

/** How many customers: exact of levels, of which everybody has one; at most so many where segments may overlap. */
function sizeText({ everyone, levels, segments }, choices) {
  if (everyone) return t("audience.customers", { n: choices.customers });
  const sum = (all, chosen) => all.filter((it) => chosen.includes(it.key)).reduce((whole, it) => whole + it.customers, 0);
  const n = Math.min(choices.customers, sum(choices.levels, levels) + sum(choices.segments, segments));
  const isExact = segments.length === 0 || (segments.length === 1 && levels.length === 0);
  return t(isExact ? "audience.customers" : "audience.at-most", { n });
}
