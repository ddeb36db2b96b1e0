// What customers do to be rewarded: events, so many of each.
import { html } from "kit/html.mjs";
import { t } from "kit/texts.mjs";
import { Button, Field } from "kit/ui.mjs";
import { behavior, put } from "../document.mjs";
import { AmountAt, NumberAt, Section, TextAt, counted } from "./parts.mjs";

const DAY_SECONDS = 86_400;

export function Behaviors({ edit }) {
  if ((edit.value("/context") ?? edit.value("/kind")) !== "event") return null;
  const all = edit.value("/behaviors");
  return html`
    <${Section} title=${t("section.behaviors")} text=${t("section.behaviors.text")}>
      ${all.map((it, i) => html`<${Behavior} key=${i} edit=${edit} i=${i} it=${it} />`)}
      <div><${Button} icon="plus" onClick=${() => edit.set("/behaviors", [...all, behavior(t("begin.behavior", { n: all.length + 1 }), "visit")])}>${t("behavior.add")}<//></div>
    <//>
  `;
}

function Behavior({ edit, i, it }) {
  const place = `/behaviors/${i}`, all = edit.value("/behaviors");
  const setGoals = (goals) => edit.set(place, { ...it, goals, kind: goals.length > 1 ? "composite" : it.kind === "composite" ? "count" : it.kind, event_name: goals.length > 1 ? it.event_name : null });
  return html`
    <fieldset class="stack" style=${{ borderTop: i ? "1px solid var(--line)" : "0", paddingTop: i ? "var(--s4)" : "0" }}>
      <legend class="unseen">${it.name}</legend>
      <div class="fields">
        <${TextAt} edit=${edit} at=${`${place}/name`} label=${t("name")} />
        <${AmountAt} edit=${edit} at=${`${place}/points`} label=${t("behavior.points")} />
        <${NumberAt} edit=${edit} at=${`${place}/times_max`} label=${t("behavior.times")} hint=${t("behavior.times.hint")} />
        <${Period} edit=${edit} place=${place} />
      </div>
      ${it.goals.map(
        (goal, g) => html`
          <div class="row top" key=${g}>
            <div class="fields grow">
              <${TextAt} edit=${edit} at=${`${place}/goals/${g}/event_name`} label=${t("goal.event")} hint=${g ? undefined : t("goal.event.hint")} />
              <${NumberAt} edit=${edit} at=${`${place}/goals/${g}/earn_count`} label=${t("goal.count")} />
            </div>
            ${it.goals.length > 1 && html`<${Button} kind="plain" onClick=${() => setGoals(it.goals.filter((_, other) => other !== g))} aria-label=${t("goal.remove", { event: goal.event_name })}>${t("remove")}<//>`}
          </div>`,
      )}
      <div class="row apart">
        <${Button} kind="plain" icon="plus" onClick=${() => setGoals([...it.goals, put(put(it.goals[0], "/event_name", ""), "/earn_count", 1)])}>${t("goal.add")}<//>
        <${Button} kind="plain" onClick=${() => edit.set("/behaviors", all.filter((_, other) => other !== i))}>${t("behavior.remove")}<//>
      </div>
    </fieldset>
  `;
}

function Period({ edit, place }) {
  const it = edit.value(`${place}/per_period`);
  return html`
    <${Field} label=${t("behavior.per-day")} hint=${t("behavior.per-day.hint")} inputmode="numeric" class="short" value=${it.limit ?? ""} problem=${edit.problem(`${place}/per_period/limit`)}
      onInput=${(value) => edit.set(`${place}/per_period`, { limit: counted(value), seconds: value && it.limit === null ? DAY_SECONDS : it.seconds })} />
  `;
}
