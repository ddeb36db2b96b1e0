// What the sections of the form share: a field at a place of the document.
import { html } from "kit/html.mjs";
import { amountOf } from "kit/format.mjs";
import { inWords, t } from "kit/texts.mjs";
import { Check, Field } from "kit/ui.mjs";

const UNITS = ["second", "minute", "hour", "day", "week", "month", "year"];

export const Section = ({ title, text, children }) => html`
  <section class="sheet" aria-label=${title}>
    <div><h2>${title}</h2>${text && html`<p class="soft small">${text}</p>`}</div>
    ${children}
  </section>
`;

/** What is wrong with several fields together. */
export const Problem = ({ of }) => of && html`<p class="problem small bad" role="alert">${of.map(inWords).join(" ")}</p>`;

/** Text at a place; with `orNull` nothing is null. */
export const TextAt = ({ edit, at, orNull, ...rest }) => html`
  <${Field} ...${rest} value=${edit.value(at)} problem=${edit.problem(at)} onInput=${(value) => edit.set(at, value === "" && orNull ? null : value)} />
`;

/** A whole number at a place; nothing is null. */
export const NumberAt = ({ edit, at, ...rest }) => html`
  <${Field} ...${rest} inputmode="numeric" class="short" value=${edit.value(at)} problem=${edit.problem(at)} onInput=${(value) => edit.set(at, counted(value))} />
`;

/** An amount with two decimals at a place. */
export const AmountAt = ({ edit, at, orNull, ...rest }) => html`
  <${Field} ...${rest} inputmode="decimal" class="short" value=${edit.value(at) ?? ""} problem=${edit.problem(at)} onInput=${(value) => edit.set(at, amountOf(value) || (orNull ? null : ""))} />
`;

export const CheckAt = ({ edit, at, label }) => html`
  <${Check} label=${label} checked=${Boolean(edit.value(at))} onChange=${(value) => edit.set(at, value)} problem=${edit.problem(at)} />
`;

export const ChoiceAt = ({ edit, at, options, ...rest }) => html`
  <${Field} ...${rest} as="select" options=${options} value=${edit.value(at) ?? ""} problem=${edit.problem(at)} onInput=${(value) => edit.set(at, value || null)} />
`;

/** `3 a day`: how often, and in which period; nothing is no limit. `forEver` says whether a limit may do without a period. */
export function LimitAt({ edit, at, label, hint, forEver }) {
  const it = edit.value(at);
  const change = (limit, unit) => edit.set(at, limit === null ? null : { limit, unit: unit || null });
  const units = UNITS.map((unit) => [unit, t(`unit.${unit}`)]);
  return html`
    <div class="field" role="group" aria-label=${label}>
      <span class="label">${label}</span>
      <div class="row tight" style=${{ flexWrap: "nowrap", alignItems: "flex-start" }}>
        <${Field} label=${t("limit.times")} inputmode="numeric" class="short" value=${it?.limit ?? ""} problem=${edit.problem(`${at}/limit`) ?? edit.problem(at)} placeholder=${t("limit.none")} onInput=${(value) => change(counted(value), it?.unit ?? (forEver ? null : "day"))} />
        <${Field} as="select" label=${t("limit.in")} options=${forEver ? [["", t("unit.ever")], ...units] : units} value=${it?.unit ?? ""} disabled=${!it} problem=${edit.problem(`${at}/unit`)} onInput=${(unit) => change(it.limit, unit)} />
      </div>
      ${hint && html`<span class="hint">${hint}</span>`}
    </div>
  `;
}

/** A whole number, or what was written if it is none, so that the service says what is wrong with it. */
export function counted(value) {
  const text = value.replace(/[\s\u00a0]/g, "");
  if (text === "") return null;
  return /^\d{1,15}$/.test(text) ? Number(text) : value;
}
