// When it is open and when it is shown: in the shop's zone, with the reader's own clock beside it.
import { html } from "kit/html.mjs";
import { dateTime, time } from "kit/format.mjs";
import { t } from "kit/texts.mjs";
import { Check, Field } from "kit/ui.mjs";
import { WEEKDAYS } from "../document.mjs";
import { momentOn, onClock, ownZone } from "../zone.mjs";
import { Section } from "./parts.mjs";

export function Schedule({ edit }) {
  const zone = edit.choices.time_zone;
  const isSame = offsetsAgree(zone, ownZone());
  return html`
    <${Section} title=${t("section.schedule")} text=${isSame ? t("schedule.zone", { zone }) : t("schedule.zones", { zone, own: ownZone(), there: time(Date.now(), zone), here: time(Date.now()) })}>
      <${Window} edit=${edit} at="/activity" title=${t("schedule.activity")} zone=${zone} isSame=${isSame} />
      <${Window} edit=${edit} at="/visibility" title=${t("schedule.visibility")} zone=${zone} isSame=${isSame} />
      <${Hours} edit=${edit} />
    <//>
  `;
}

const offsetsAgree = (one, other) => onClock(Date.now(), one) === onClock(Date.now(), other);

const Window = ({ edit, at, title, zone, isSame }) => html`
  <fieldset>
    <legend>${title}</legend>
    <div class="fields">
      <${Moment} edit=${edit} at=${`${at}/from`} label=${t("from")} none=${t("schedule.since-ever")} zone=${zone} isSame=${isSame} />
      <${Moment} edit=${edit} at=${`${at}/to`} label=${t("until")} none=${t("schedule.for-ever")} zone=${zone} isSame=${isSame} />
    </div>
  </fieldset>
`;

function Moment({ edit, at, label, none, zone, isSame }) {
  const value = edit.value(at);
  const own = value && !isSame ? t("schedule.own", { at: dateTime(value) }) : undefined;
  return html`<${Field} type="datetime-local" label=${label} hint=${value ? own : none} value=${onClock(value, zone)} problem=${edit.problem(at)} onInput=${(clock) => edit.set(at, momentOn(clock, zone))} />`;
}

function Hours({ edit }) {
  const hours = edit.value("/hours");
  const toggle = (day) => edit.set("/hours/weekdays", WEEKDAYS.filter((it) => (it === day) !== hours.weekdays.includes(it)));
  const isAlways = hours.weekdays.length === 7 && hours.from === "00:00" && hours.to === "24:00";
  return html`
    <details open=${!isAlways}>
      <summary>${t("schedule.hours")}${isAlways ? html`<span class="soft">${t("schedule.hours.always")}</span>` : null}</summary>
      <div class="stack">
        <div class="row tight" role="group" aria-label=${t("schedule.weekdays")}>${WEEKDAYS.map((day) => html`<${Check} key=${day} label=${t(`weekday.${day}`)} checked=${hours.weekdays.includes(day)} onChange=${() => toggle(day)} />`)}</div>
        ${edit.problem("/hours/weekdays") && html`<span class="problem small bad">${edit.problem("/hours/weekdays")}</span>`}
        <div class="fields">
          <${Field} type="text" label=${t("from")} class="short" value=${hours.from} problem=${edit.problem("/hours/from")} onInput=${(value) => edit.set("/hours/from", value)} />
          <${Field} type="text" label=${t("until")} class="short" hint=${t("schedule.hours.hint")} value=${hours.to} problem=${edit.problem("/hours/to")} onInput=${(value) => edit.set("/hours/to", value)} />
        </div>
      </div>
    </details>
  `;
}
