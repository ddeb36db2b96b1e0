// Segments: parts that must all hold, each of criteria of which any may hold; and how many customers that means.
import { html, useState } from "kit/html.mjs";
import { amountOf, hundredths, name } from "kit/format.mjs";
import { useAct, useLoad } from "kit/load.mjs";
import { once } from "kit/once.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, Check, Dialog, Empty, Field, Form, Loaded, Trouble, confirm, say } from "kit/ui.mjs";
import { api } from "./api.mjs";

const AMOUNTS = ["fromAmount", "toAmount"], POINTS = ["fromPoints", "toPoints"];
// What each type asks for, in the order in which it is asked.
const TYPES = {
  customer_list: ["customers"],
  transaction_count: ["min", "max"],
  transaction_amount: AMOUNTS,
  average_transaction_amount: AMOUNTS,
  last_purchase_n_days_before: ["days"],
  purchase_period: ["fromDate", "toDate"],
  bought_skus: ["skuIds"],
  bought_makers: ["makers"],
  bought_labels: ["labels"],
  bought_in_pos: ["posIds"],
  transaction_percent_in_pos: ["posId", "percent"],
  anniversary: ["anniversaryType", "days"],
  customer_has_labels: ["labels"],
  customer_has_labels_with_values: ["labels"],
  level: ["levelIds"],
  balance: POINTS,
  tag: ["tags"],
  attribute: ["name", "value"],
};
const LINES = ["customers", "skuIds", "makers", "labels", "tags"], NUMBERS = [...AMOUNTS, ...POINTS, "percent"], DAYS = ["fromDate", "toDate"];
const WHOLES = ["min", "max", "days"];

export function Segments() {
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

/** A criterion as it is written in fields, of one as the service prints it. */
function inFields(criterion) {
  const written = { type: criterion.type };
  for (const term of TYPES[criterion.type]) {
    const value = criterion[term];
    if (term === "labels") written[term] = (value ?? []).map((it) => [it.key, it.value].filter(Boolean).join(":")).join("\n");
    else if (LINES.includes(term)) written[term] = (value ?? []).join("\n");
    else if (term === "percent" && value !== undefined) written[term] = String(hundredths(value)); // printed as a fraction of one
    else written[term] = value ?? (term.endsWith("Ids") ? [] : "");
  }
  return written;
}

/** The other way round; what is left empty is not sent. */
function onWire(criterion) {
  const sent = { type: criterion.type };
  for (const term of TYPES[criterion.type]) {
    const value = criterion[term];
    const lines = () => value.split("\n").map((line) => line.trim()).filter(Boolean);
    if (term === "labels") sent[term] = lines().map((line) => ({ key: line.split(":")[0].trim(), value: line.split(":").slice(1).join(":").trim() }));
    else if (LINES.includes(term)) sent[term] = lines();
    else if (NUMBERS.includes(term)) sent[term] = value === "" ? undefined : amountOf(value);
    else if (value !== "") sent[term] = value;
  }
  return sent;
}

const fresh = (type = "customer_list") => inFields({ type });

function SegmentForm({ it, onClose, onDone }) {
  const beside = useLoad((signal) => Promise.all([api.get("/api/level", { perPage: 1000 }, { signal }), api.get("/api/seller/pos", { perPage: 1000 }, { signal })]));
  const [values, setValues] = useState({ name: it.name ?? "", description: it.description ?? "", active: it.active ?? true });
  const [parts, setParts] = useState(it.parts ? it.parts.map((part) => part.criteria.map(inFields)) : [[fresh()]]);
  const [preview, setPreview] = useState(null);
  const sent = () => ({ segment: { ...values, parts: parts.map((part) => ({ criteria: part.map(onWire) })) } });
  const [save, { busy, error }] = useAct(async () => {
    const segment = sent();
    const send = (key) => (it.segmentId ? api.put(`/api/segment/${it.segmentId}`, segment) : api.post("/api/segment", segment, { key }));
    await once(["segment", it.segmentId, api.signedIn.get().login, segment], send);
    say(t("saved"), "good");
    onDone();
  });
  const [look, looking] = useAct(async () => setPreview(await api.post("/api/segment/preview", sent())));
  const set = (field, value) => setValues((before) => ({ ...before, [field]: value }));
  const change = (i, part) => (setPreview(null), setParts(part ? parts.with(i, part) : parts.toSpliced(i, 1)));
  const problem = (field) => error?.fields?.[field];
  return html`
    <${Dialog} wide title=${it.segmentId ? t("change.what", { name: it.name }) : t("segment.new")} onClose=${onClose}>
      <${Form} onSubmit=${save}>
        <${Field} label=${t("name")} value=${values.name} problem=${problem("name")} onInput=${(value) => set("name", value)} autofocus />
        <${Field} label=${t("description")} value=${values.description} problem=${problem("description")} onInput=${(value) => set("description", value)} />
        <${Loaded} of=${beside}>${([{ levels }, { pos }]) =>
          parts.map((part, i) => html`
            ${i > 0 && html`<p class="soft">${t("segment.and")}</p>`}
            <${Part} key=${i} part=${part} levels=${levels} shops=${pos} onChange=${(it) => change(i, it)} isOnly=${parts.length === 1} />`)}<//>
        <div class="row"><${Button} icon="plus" onClick=${() => (setPreview(null), setParts([...parts, [fresh()]]))}>${t("segment.part.add")}<//><${Button} busy=${looking.busy} onClick=${look}>${t("segment.preview")}<//></div>
        ${problem("parts") && html`<p class="problem small bad">${[problem("parts")].flat().join(" ")}</p>`}
        <${Trouble} error=${looking.error} />
        ${preview && html`<div role="status"><p class="strong">${t("count.customers.n", { n: preview.total })}</p><p class="small soft name">${preview.customers.map(name).join(", ")}</p></div>`}
        <${Check} label=${t("switched-on")} checked=${values.active} onChange=${(value) => set("active", value)} />
        ${error && !Object.keys(error.fields ?? {}).length && html`<${Trouble} error=${error} />`}
        <div class="row end"><${Button} onClick=${onClose}>${t("cancel")}<//><${Button} kind="main-action" type="submit" busy=${busy}>${t("save")}<//></div>
      <//>
    <//>
  `;
}

/** One part: whoever meets any of its criteria. */
const Part = ({ part, levels, shops, onChange, isOnly }) => html`
  <fieldset class="stack sheet">
    <legend class="unseen">${t("segment.part")}</legend>
    ${part.map((criterion, i) => html`
      ${i > 0 && html`<p class="soft">${t("segment.or")}</p>`}
      <div class="stack tight" key=${i}>
        <div class="row apart" style=${{ alignItems: "end" }}>
          <${Field} label=${t("segment.criterion")} as="select" value=${criterion.type} onInput=${(type) => onChange(part.with(i, fresh(type)))} options=${Object.keys(TYPES).map((type) => [type, t(`criterion.${type}`)])} />
          ${part.length > 1 && html`<${Button} kind="plain" onClick=${() => onChange(part.toSpliced(i, 1))}>${t("remove")}<//>`}
        </div>
        <div class="fields">${TYPES[criterion.type].map((term) => html`<${Term} key=${term} term=${term} value=${criterion[term]} levels=${levels} shops=${shops} onChange=${(value) => onChange(part.with(i, { ...criterion, [term]: value }))} />`)}</div>
      </div>`)}
    <div class="row"><${Button} kind="plain" icon="plus" onClick=${() => onChange([...part, fresh()])}>${t("segment.criterion.add")}<//>${!isOnly && html`<${Button} kind="plain" onClick=${() => onChange(null)}>${t("segment.part.remove")}<//>`}</div>
  </fieldset>
`;

function Term({ term, value, levels, shops, onChange }) {
  const label = t(`criterion.term.${term}`);
  if (term.endsWith("Ids") && term !== "skuIds") {
    const all = term === "levelIds" ? levels.map((it) => [it.id, it.name]) : shops.map((it) => [it.posId, it.name]);
    const turn = (id, on) => onChange(on ? [...value, id] : value.filter((it) => it !== id));
    return html`<fieldset class="stack tight"><legend>${label}</legend>${all.map(([id, said]) => html`<${Check} key=${id} label=${said} checked=${value.includes(id)} onChange=${(on) => turn(id, on)} />`)}</fieldset>`;
  }
  if (term === "posId") return html`<${Field} as="select" label=${label} value=${value} onInput=${onChange} options=${[["", ""], ...shops.map((it) => [it.posId, it.name])]} />`;
  if (term === "anniversaryType") return html`<${Field} as="select" label=${label} value=${value} onInput=${onChange} options=${["", "birthday", "registration"].map((it) => [it, it && t(`criterion.${it}`)])} />`;
  if (LINES.includes(term)) return html`<${Field} as="textarea" label=${label} hint=${t(term === "labels" ? "criterion.labels.hint" : "one-a-line")} value=${value} onInput=${onChange} />`;
  const type = DAYS.includes(term) ? { type: "date" } : { inputmode: WHOLES.includes(term) ? "numeric" : NUMBERS.includes(term) ? "decimal" : undefined };
  return html`<${Field} label=${label} value=${value} onInput=${onChange} ...${type} />`;
}
