// The programme around the campaigns: levels that customers reach, and segments that they belong to.
import { html, useState } from "kit/html.mjs";
import { amountOf, hundredths, percent, points } from "kit/format.mjs";
import { useAct, useLoad } from "kit/load.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, Empty, Loaded, Title, Trouble, confirm, say } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { FormDialog } from "./form.mjs";

export const Programme = () => html`
  <${Title} text=${t("programme.text")}>${t("menu.programme")}<//>
  <${Levels} />
  <${Segments} />
`;

function Levels() {
  const levels = useLoad((signal) => api.get("/api/level", { perPage: 1000 }, { signal }));
  const [open, setOpen] = useState(null);
  return html`
    <section class="sheet">
      <div class="row apart"><h2>${t("levels")}</h2><${Button} icon="plus" onClick=${() => setOpen({})}>${t("level.new")}<//></div>
      <${Loaded} of=${levels}>${(found) => html`
        ${found.levels.length === 0 && html`<${Empty} icon="steps" title=${t("levels.none")} />`}
        <ul class="list">${found.levels.map(
          (it) => html`
            <li key=${it.id}>
              <div class="grow"><p class="name strong">${it.name}</p><p class="small soft">${t("level.from", { points: points(it.conditionValue) })}${it.reward?.value ? ` · ${t("level.discount", { percent: percent(it.reward.value) })}` : ""}</p></div>
              ${!it.active && html`<${Badge}>${t("switched-off")}<//>`}<span class="soft">${t("count.customers.n", { n: it.customersCount })}</span>
              <${Button} onClick=${() => setOpen(it)} aria-label=${t("change.what", { name: it.name })}>${t("change")}<//>
            </li>`,
        )}</ul>
        ${open && html`<${LevelForm} it=${open} onClose=${() => setOpen(null)} onDone=${() => (setOpen(null), levels.reload())} />`}
      `}<//>
    </section>
  `;
}

function LevelForm({ it, onClose, onDone }) {
  const first = {
    name: it.name ?? "",
    conditionValue: it.conditionValue ?? "",
    percent: it.reward?.value === undefined ? "" : hundredths(it.reward.value),
    active: it.active ?? true,
  };
  async function save({ percent: written, conditionValue, ...rest }, key) {
    const reward = { name: it.reward?.name ?? rest.name, code: it.reward?.code ?? rest.name, value: amountOf(written) || 0 };
    const sent = { level: { ...rest, conditionValue: amountOf(conditionValue), reward } };
    await (it.id ? api.put(`/api/level/${it.id}`, sent) : api.post("/api/level/create", sent, { key }));
    say(t("saved"), "good");
  }
  const title = it.id ? t("change.what", { name: it.name }) : t("level.new");
  return html`
    <${FormDialog} title=${title} first=${first} send=${save} wire=${{ percent: "reward.value" }} onClose=${onClose} onDone=${onDone}>
      ${({ field, check }) => html`
        ${field("name", t("name"), { autofocus: true })}
        <div class="fields">
          ${field("conditionValue", t("level.condition"), { inputmode: "decimal", hint: t("level.condition.hint") })}
          ${field("percent", t("level.percent"), { inputmode: "decimal" })}
        </div>
        ${check("active", t("switched-on"))}
      `}
    <//>
  `;
}

function Segments() {
  const segments = useLoad((signal) => api.get("/api/segment", { perPage: 1000 }, { signal }));
  const [open, setOpen] = useState(null);
  const [remove, { error }] = useAct(async (it) => {
    if (!(await confirm({ title: t("segment.remove.title", { name: it.name }), yes: t("remove"), danger: true }))) return;
    await api.delete(`/api/segment/${it.segmentId}`);
    segments.reload();
  });
  return html`
    <section class="sheet">
      <div class="row apart"><h2>${t("segments")}</h2><${Button} icon="plus" onClick=${() => setOpen({})}>${t("segment.new")}<//></div>
      <${Trouble} error=${error} />
      <${Loaded} of=${segments}>${(found) => html`
        ${found.segments.length === 0 && html`<${Empty} icon="people" title=${t("segments.none")} />`}
        <ul class="list">${found.segments.map(
          (it) => html`
            <li key=${it.segmentId}>
              <div class="grow"><p class="name strong">${it.name}</p><p class="small soft name">${it.description ?? ""}</p></div>
              ${!it.active && html`<${Badge}>${t("switched-off")}<//>`}<span class="soft">${t("count.customers.n", { n: it.customersCount })}</span>
              <${Button} onClick=${() => setOpen(it)} aria-label=${t("change.what", { name: it.name })}>${t("change")}<//><${Button} kind="plain" onClick=${() => remove(it)} aria-label=${t("remove.what", { name: it.name })}>${t("remove")}<//>
            </li>`,
        )}</ul>
        ${open && html`<${SegmentForm} it=${open} onClose=${() => setOpen(null)} onDone=${() => (setOpen(null), segments.reload())} />`}
      `}<//>
    </section>
  `;
}

const isList = (it) => (it.parts ?? []).every((part) => part.criteria.every((each) => each.type === "customer_list"));

/** A list of customers: cards, mail addresses, phones or ids, one a line. What a segment asks beside that is the API's: it stays as it is. */
function SegmentForm({ it, onClose, onDone }) {
  const listed = (it.parts ?? []).flatMap((part) => part.criteria.flatMap((each) => each.customers ?? []));
  const first = { name: it.name ?? "", description: it.description ?? "", customers: listed.join("\n"), active: it.active ?? true };
  async function save({ customers, ...rest }, key) {
    const names = customers.split("\n").map((line) => line.trim()).filter(Boolean);
    const parts = isList(it) ? [{ criteria: [{ type: "customer_list", customers: names }] }] : it.parts;
    const sent = { segment: { ...rest, parts } };
    await (it.segmentId ? api.put(`/api/segment/${it.segmentId}`, sent) : api.post("/api/segment", sent, { key }));
    say(t("saved"), "good");
  }
  const title = it.segmentId ? t("change.what", { name: it.name }) : t("segment.new");
  return html`
    <${FormDialog} title=${title} first=${first} send=${save} wire=${{ customers: "parts" }} onClose=${onClose} onDone=${onDone}>
      ${({ field, check }) => html`
        ${field("name", t("name"), { autofocus: true })}
        ${field("description", t("description"))}
        ${isList(it)
          ? field("customers", t("segment.customers"), { as: "textarea", hint: t("segment.customers.hint") })
          : html`<p class="soft">${t("segment.by-criteria")}</p>`}
        ${check("active", t("switched-on"))}
      `}
    <//>
  `;
}
