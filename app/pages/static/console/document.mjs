// A campaign's document on the desk: what is at a place of it, and the same document with something else there.

/** What a JSON Pointer names: `/limits/per_customer/limit`. */
export const at = (document, pointer) => pointer.split("/").slice(1).reduce((part, name) => part?.[name], document);

/** The document with a value at a place; what is on the way is copied, not changed. */
export function put(document, pointer, value) {
  const [name, ...rest] = pointer.split("/").slice(1);
  const copy = Array.isArray(document) ? [...document] : { ...document };
  copy[name] = rest.length ? put(copy[name] ?? {}, `/${rest.join("/")}`, value) : value;
  return copy;
}

/** `Café & Bar` is `cafe-bar`, as the service writes it. */
export const slug = (text) =>
  (text.normalize("NFKD").toLowerCase().replace(/ł/g, "l").replace(/[\u0300-\u036f]/g, "").match(/[a-z0-9]+/g) ?? []).join("-").slice(0, 80).replace(/-$/, "");

export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

const BASE = {
  version: 1,
  key: "",
  name: "",
  lifecycle: "draft",
  texts: { short_description: null, conditions_description: null, usage_instruction: null },
  translations: {},
  labels: [],
  activity: { from: null, to: null },
  visibility: { from: null, to: null },
  hours: { time_zone: null, weekdays: WEEKDAYS, from: "00:00", to: "24:00" },
  audience: { everyone: true, levels: [], segments: [] },
  restrictions: null,
  opt_in: { required: false, from: null, to: null, places: null },
  price: "0.00",
  limits: { overall: null, per_period: null, per_customer: null },
  sale: null,
  rewards: [],
  behaviors: [],
};

export const reward = (kind, title, details = {}) => ({
  key: null,
  title,
  kind,
  points: kind === "points" ? "10.00" : null,
  voucher: kind === "voucher" ? { kind: "basket", amount: "5.00", percent: null, code: null, text: null, valid_seconds: null } : null,
  recipient: "customer",
  behavior: null,
  weight: 1,
  stock: null,
  per_period: null,
  per_customer: null,
  restrictions: null,
  ...details,
});

export const behavior = (name, event) => ({
  name,
  kind: "count",
  event_name: null,
  points: "0.00",
  times_max: null,
  per_period: { limit: null, seconds: 7_776_000 },
  goals: [{ event_name: event, earn_count: 3, points: "0.00", required: true, group: "0", kind: null, min_gap_seconds: null, consecutive: false, unique_key: null }],
  groups: {},
});

/** How a campaign of each purpose begins; `say` answers the words for its first rewards. */
export const BEGINNINGS = {
  sale: () => ({ ...BASE, kind: "interaction", price: "10.00", limits: { ...BASE.limits, per_customer: { limit: 1, unit: null } }, sale: { coupon_kind: "discount_code", single_coupon: false } }),
  draw: (say) => ({
    ...BASE,
    kind: "composable",
    context: "interaction",
    handling: "random_draw",
    limits: { ...BASE.limits, per_customer: { limit: 1, unit: "day" } },
    rewards: [
      reward("voucher", say("begin.prize"), { weight: 1, stock: 100 }),
      reward("points", say("begin.points"), { weight: 9 }),
      reward("nothing", say("begin.nothing"), { weight: 90 }),
    ],
  }),
  interaction: (say) => ({ ...BASE, kind: "interaction", limits: { ...BASE.limits, per_customer: { limit: 1, unit: "day" } }, rewards: [reward("points", say("begin.points"))] }),
  event: (say) => ({ ...BASE, kind: "composable", context: "event", behaviors: [{ ...behavior(say("begin.visits"), "visit"), points: "5.00" }] }),
  basket: (say) => ({ ...BASE, kind: "basket", rewards: [reward("voucher", say("begin.voucher"))] }),
  referral: (say) => ({
    ...BASE,
    kind: "referral",
    rewards: [
      reward("voucher", say("begin.referring"), { recipient: "referring" }),
      reward("voucher", say("begin.referred"), { recipient: "referred" }),
    ],
  }),
  signup: (say) => ({ ...BASE, kind: "signup", limits: { ...BASE.limits, per_customer: { limit: 1, unit: null } }, rewards: [reward("points", say("begin.points"), { points: "50.00" })] }),
};
