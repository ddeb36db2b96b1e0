// By what customers earn points: the rules, each with the fields of its type.
import { html, useState } from "kit/html.mjs";
import { amountOf, date, number, points } from "kit/format.mjs";
import { useAct, useLoad } from "kit/load.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, Empty, Loaded, Title, Trouble, say } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { FormDialog } from "./form.mjs";
import { PhotoButton } from "./photo.mjs";

const TYPES = ["points", "product_purchase", "multiply_for_product", "multiply_by_product_labels", "event", "custom_event", "geolocation", "qrcode", "referral", "instant_reward"];
const EVENTS = { event: ["oloy.account.created", "oloy.transaction.registered"], referral: ["register", "first_purchase", "every_purchase"] };
const PERIODS = ["1 day", "1 week", "1 month", "1 year"];
const FOR_PRODUCTS = ["product_purchase", "multiply_for_product"];
const REPORTED = ["custom_event", "geolocation", "qrcode"]; // by the programme's own server
const WITH_POINTS = ["product_purchase", "event", ...REPORTED, "referral"];
const PLACE = ["latitude", "longitude", "radius"];
const WITH_MINIMUM = ["points", "instant_reward"];

const everything = (signal) =>
  Promise.all([
    api.get("/api/earningRule", { perPage: 1000 }, { signal }),
    api.get("/api/level", { perPage: 1000 }, { signal }),
    api.get("/api/segment", { perPage: 1000 }, { signal }),
    api.get("/api/campaign", { perPage: 1000, sort: "name" }, { signal }),
  ]);

export function Earning() {
  const found = useLoad(everything);
  const [open, setOpen] = useState(null);
  const [turn, { error }] = useAct(async (it) => {
    await api.post(`/api/earningRule/${it.earningRuleId}/activate`, { active: !it.active });
    found.reload();
  });
  return html`
    <${Title} text=${t("earning.text")} actions=${html`<${Button} kind="main-action" icon="plus" onClick=${() => setOpen({})}>${t("rule.new")}<//>`}>${t("menu.earning")}<//>
    <${Trouble} error=${error} />
    <${Loaded} of=${found}>${([{ earningRules }, { levels }, { segments }, { campaigns }]) => html`
      <section class="sheet" aria-label=${t("menu.earning")}>
        ${earningRules.length === 0 && html`<${Empty} icon="steps" title=${t("rules.none")} />`}
        <ul class="list">${earningRules.map(
          (it) => html`
            <li key=${it.earningRuleId}>
              <div class="grow"><p class="name strong">${it.name}</p><p class="small soft name">${[gives(it, campaigns), ...terms(it, levels, segments)].join(" · ")}</p></div>
              ${!it.active && html`<${Badge}>${t("switched-off")}<//>`}
              <${Button} kind="plain" onClick=${() => turn(it)} aria-label=${t(it.active ? "switch-off.what" : "switch-on.what", { name: it.name })}>${t(it.active ? "switch-off" : "switch-on")}<//>
              <${PhotoButton} name=${it.name} path=${`/api/earningRule/${it.earningRuleId}/photo`} hasPhoto=${it.hasPhoto} reload=${found.reload} />
              <${Button} onClick=${() => setOpen(it)} aria-label=${t("change.what", { name: it.name })}>${t("change")}<//>
            </li>`,
        )}</ul>
      </section>
      ${open && html`<${RuleForm} it=${open} levels=${levels} segments=${segments} campaigns=${campaigns} onClose=${() => setOpen(null)} onDone=${() => (setOpen(null), found.reload())} />`}
    `}<//>
  `;
}

/** What a rule gives, in a sentence. */
function gives(it, campaigns) {
  const named = (id) => campaigns.find((each) => each.campaignId === id)?.name ?? id;
  const said = {
    points: () => t("rule.gives.points", { points: points(it.pointValue) }),
    product_purchase: () => t("rule.gives.product", { points: points(it.pointsAmount), skus: it.skuIds.join(", ") }),
    multiply_for_product: () => t("rule.gives.multiplied", { factor: number(it.multiplier), skus: [...(it.skuIds ?? []), ...(it.labels ?? []).map(written)].join(", ") }),
    multiply_by_product_labels: () => it.labelMultipliers.map((each) => `${written(each)} × ${number(each.multiplier)}`).join(", "),
    event: () => t("rule.gives.event", { points: points(it.pointsAmount), event: t(`rule.event.${it.eventName}`) }),
    custom_event: () => t("rule.gives.event", { points: points(it.pointsAmount), event: it.eventName }),
    geolocation: () => t("rule.gives.place", { points: points(it.pointsAmount), radius: number(it.radius), place: `${it.latitude}, ${it.longitude}` }),
    qrcode: () => t("rule.gives.code", { points: points(it.pointsAmount), code: it.code }),
    referral: () => t("rule.gives.referral", { points: points(it.pointsAmount), event: t(`rule.event.${it.eventName}`), who: t(`rule.rewards.${it.rewardType}`) }),
    instant_reward: () => t("rule.gives.reward", { campaign: named(it.rewardCampaignId) }),
  };
  return said[it.type]();
}

const written = (label) => (label.value ? `${label.key}: ${label.value}` : label.key);

function terms(it, levels, segments) {
  const found = [];
  if (!it.allTimeActive) found.push(t("rule.window", { from: date(it.startAt), to: date(it.endAt) }));
  if (it.minOrderValue) found.push(t("rule.from", { amount: number(it.minOrderValue) }));
  if (it.limit) found.push(t("rule.limited", { n: it.limit.limit, period: t(`rule.period.${it.limit.period}`) }));
  const names = [...levels.filter((each) => it.levels.includes(each.id)), ...segments.filter((each) => it.segments.includes(each.segmentId))];
  if (names.length) found.push(t("rule.for", { names: names.map((each) => each.name).join(", ") }));
  return found;
}

const list = (text) => text.split(/[;\n]/).map((it) => it.trim()).filter(Boolean);

function RuleForm({ it, levels, segments, campaigns, onClose, onDone }) {
  const first = {
    type: it.type ?? "points",
    name: it.name ?? "",
    active: it.active ?? true,
    pointValue: it.pointValue ?? "",
    pointsAmount: it.pointsAmount ?? "",
    minOrderValue: it.minOrderValue ?? "",
    excludedSKUs: (it.excludedSKUs ?? []).join("\n"),
    excludeDeliveryCost: it.excludeDeliveryCost ?? false,
    skuIds: (it.skuIds ?? []).join("\n"),
    multiplier: it.multiplier ?? "",
    labelMultipliers: (it.labelMultipliers ?? []).map((each) => `${each.key}:${each.value} = ${each.multiplier}`).join("\n"),
    eventName: it.eventName ?? "",
    rewardType: it.rewardType ?? "both",
    latitude: it.latitude ?? "",
    longitude: it.longitude ?? "",
    radius: it.radius ?? "",
    code: it.code ?? "",
    limit: it.limit?.limit ?? "",
    period: it.limit?.period ?? PERIODS[0],
    rewardCampaignId: it.rewardCampaignId ?? campaigns[0]?.campaignId ?? "",
    startAt: it.startAt?.slice(0, 16) ?? "",
    endAt: it.endAt?.slice(0, 16) ?? "",
    ...Object.fromEntries([...levels.map((each) => [`level ${each.id}`, it.levels?.includes(each.id) ?? false]), ...segments.map((each) => [`segment ${each.segmentId}`, it.segments?.includes(each.segmentId) ?? false])]),
  };
  async function save(values, key) {
    const sent = { earningRule: { ...it, ...ruleOf(values, levels, segments) } };
    await (it.earningRuleId ? api.put(`/api/earningRule/${it.earningRuleId}`, sent) : api.post("/api/earningRule", sent, { key }));
    say(t("saved"), "good");
  }
  return html`
    <${FormDialog} title=${it.earningRuleId ? t("change.what", { name: it.name }) : t("rule.new")} first=${first} send=${save} wire=${{ limit: "limit.limit" }} onClose=${onClose} onDone=${onDone}>
      ${({ field, check, values }) => html`
        ${field("type", t("rule.type"), { as: "select", disabled: Boolean(it.earningRuleId), options: TYPES.map((type) => [type, t(`rule.type.${type}`)]) })}
        ${field("name", t("name"), { autofocus: true })}
        ${values.type === "points" && field("pointValue", t("rule.point-value"), { inputmode: "decimal" })}
        ${FOR_PRODUCTS.includes(values.type) && field("skuIds", t("rule.skus"), { as: "textarea", hint: t("one-a-line") })}
        ${values.type === "multiply_for_product" && field("multiplier", t("rule.multiplier"), { inputmode: "decimal" })}
        ${values.type === "multiply_by_product_labels" && field("labelMultipliers", t("rule.label-multipliers"), { as: "textarea", hint: t("rule.label-multipliers.hint") })}
        ${values.type === "custom_event" && field("eventName", t("rule.event"), { hint: t("rule.event.hint") })}
        ${values.type === "geolocation" && html`<div class="fields">${PLACE.map((name) => field(name, t(`rule.${name}`), { inputmode: "decimal" }))}</div>`}
        ${values.type === "qrcode" && field("code", t("rule.code"), { hint: t("rule.code.hint") })}
        ${EVENTS[values.type] && field("eventName", t("rule.event"), { as: "select", options: ["", ...EVENTS[values.type]].map((event) => [event, event && t(`rule.event.${event}`)]) })}
        ${values.type === "referral" && field("rewardType", t("rule.rewards"), { as: "select", options: ["both", "referrer", "referred"].map((who) => [who, t(`rule.rewards.${who}`)]) })}
        ${values.type === "instant_reward" && field("rewardCampaignId", t("rule.campaign"), { as: "select", options: campaigns.map((each) => [each.campaignId, each.name]) })}
        ${WITH_POINTS.includes(values.type) && field("pointsAmount", t("rule.points"), { inputmode: "decimal" })}
        ${WITH_MINIMUM.includes(values.type) && field("minOrderValue", t("rule.minimum"), { inputmode: "decimal" })}
        ${values.type === "points" && html`${field("excludedSKUs", t("rule.excluded"), { as: "textarea", hint: t("one-a-line") })}${check("excludeDeliveryCost", t("rule.without-delivery"))}`}
        ${REPORTED.includes(values.type) && html`<div class="fields">${field("limit", t("rule.limit"), { inputmode: "numeric", hint: t("rule.limit.hint") })}${field("period", t("rule.period"), { as: "select", options: PERIODS.map((period) => [period, t(`rule.period.${period}`)]) })}</div>`}
        <div class="fields">${field("startAt", t("rule.start"), { type: "datetime-local" })}${field("endAt", t("rule.end"), { type: "datetime-local", hint: t("rule.window.hint") })}</div>
        ${levels.length + segments.length > 0 &&
        html`<fieldset class="stack tight"><legend>${t("rule.only-for")}</legend>${levels.map((each) => check(`level ${each.id}`, each.name))}${segments.map((each) => check(`segment ${each.segmentId}`, each.name))}</fieldset>`}
        ${check("active", t("switched-on"))}
      `}
    <//>
  `;
}

/** What the service is told: the fields of the type, and those of all. */
function ruleOf(values, levels, segments) {
  const { type } = values, always = !values.startAt && !values.endAt;
  const chosen = (kind, all, id) => all.map((each) => each[id]).filter((each) => values[`${kind} ${each}`]);
  return {
    type,
    name: values.name,
    active: values.active,
    allTimeActive: always,
    startAt: always ? null : values.startAt,
    endAt: always ? null : values.endAt,
    levels: chosen("level", levels, "id"),
    segments: chosen("segment", segments, "segmentId"),
    ...(type === "points" && { pointValue: amountOf(values.pointValue), excludedSKUs: list(values.excludedSKUs), excludeDeliveryCost: values.excludeDeliveryCost }),
    ...(WITH_MINIMUM.includes(type) && { minOrderValue: amountOf(values.minOrderValue) }),
    ...(FOR_PRODUCTS.includes(type) && { skuIds: list(values.skuIds) }),
    ...(type === "multiply_for_product" && { multiplier: amountOf(values.multiplier) }),
    ...(type === "multiply_by_product_labels" && { labelMultipliers: list(values.labelMultipliers).map(multiplierOf) }),
    ...(WITH_POINTS.includes(type) && { pointsAmount: amountOf(values.pointsAmount) }),
    ...((EVENTS[type] || type === "custom_event") && { eventName: values.eventName }),
    ...(type === "referral" && { rewardType: values.rewardType }),
    ...(type === "geolocation" && Object.fromEntries(PLACE.map((name) => [name, amountOf(values[name])]))),
    ...(type === "qrcode" && { code: values.code }),
    ...(REPORTED.includes(type) && { limit: values.limit === "" ? null : { active: true, limit: values.limit, period: values.period } }),
    ...(type === "instant_reward" && { rewardCampaignId: values.rewardCampaignId }),
  };
}

/** `key:value = 2`; what is none is left to the service to refuse. */
function multiplierOf(line) {
  const [label, multiplier = ""] = line.split("="), [key, ...value] = label.split(":");
  return { key: key.trim(), value: value.join(":").trim(), multiplier: amountOf(multiplier) };
}
