// How points live, levels are reached and sales find their customers: what a chain decides.
import { html, useState } from "kit/html.mjs";
import { useLoad } from "kit/load.mjs";
import { t } from "kit/texts.mjs";
import { Button, Loaded, say } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { FormDialog } from "./form.mjs";

const EXPIRIES = ["never", "after_days", "month_end", "year_end"], LEVELS_BY = ["hand", "sales", "points"];
const MATCHES = ["loyalty_card_number", "email", "phone"], STATUSES = ["new", "active", "blocked"];
const GRANTS = ["earningStatuses", "spendingStatuses"];

export function Terms() {
  const chains = useLoad((signal) => api.get("/api/chain", {}, { signal }));
  const [open, setOpen] = useState(null);
  return html`
    <section class="sheet">
      <h2>${t("terms")}</h2>
      <${Loaded} of=${chains}>${(found) => html`
        <ul class="list">${found.chains.map(
          (it) => html`
            <li key=${it.chainId}>
              <div class="grow"><p class="name strong">${it.name}</p><p class="small soft">${said(it).join(" · ")}</p></div>
              <${Button} onClick=${() => setOpen(it)} aria-label=${t("change.what", { name: it.name })}>${t("change")}<//>
            </li>`,
        )}</ul>
        ${open && html`<${TermsForm} it=${open} onClose=${() => setOpen(null)} onDone=${() => (setOpen(null), chains.reload())} />`}
      `}<//>
    </section>
  `;
}

function said(it) {
  return [
    t(`terms.expiry.${it.pointsExpiry}`, { n: it.pointsDaysActive ?? 0 }),
    it.pointsDaysLocked ? t("terms.locked", { n: it.pointsDaysLocked }) : null,
    t(`terms.levels.${it.levelsBy}`),
    it.levelDays ? t("terms.days", { n: it.levelDays }) : null,
    ...GRANTS.filter((grant) => it[grant].join() !== "active").map((grant) => `${t(`terms.${grant}`)} ${it[grant].map((status) => t(`terms.status.${status}`)).join(", ")}`),
    it.profileEdits ? null : t("terms.no-profile-edits"),
  ].filter(Boolean);
}

function TermsForm({ it, onClose, onDone }) {
  const first = {
    pointsExpiry: it.pointsExpiry,
    pointsDaysActive: it.pointsDaysActive ?? "",
    pointsDaysLocked: it.pointsDaysLocked,
    levelsBy: it.levelsBy,
    levelDays: it.levelDays ?? "",
    deliverySkus: it.deliverySkus.join("\n"),
    profileEdits: it.profileEdits,
    ...Object.fromEntries(MATCHES.map((name) => [name, it.matchesBy.includes(name)])),
    ...Object.fromEntries(GRANTS.flatMap((grant) => STATUSES.map((status) => [`${grant}.${status}`, it[grant].includes(status)]))),
  };
  async function save({ deliverySkus, ...chosen }) {
    // Those that were there keep their order; what is new comes behind them.
    const matchesBy = [...it.matchesBy, ...MATCHES.filter((name) => !it.matchesBy.includes(name))].filter((name) => chosen[name]);
    const granted = Object.fromEntries(GRANTS.map((grant) => [grant, STATUSES.filter((status) => chosen[`${grant}.${status}`])]));
    const { pointsExpiry, pointsDaysLocked, levelsBy, profileEdits } = chosen;
    const pointsDaysActive = pointsExpiry === "after_days" ? chosen.pointsDaysActive : null, levelDays = chosen.levelDays || null;
    const skus = deliverySkus.split("\n").map((line) => line.trim()).filter(Boolean);
    await api.put(`/api/chain/${it.chainId}`, {
      chain: { ...it, ...granted, pointsExpiry, pointsDaysActive, pointsDaysLocked, levelsBy, levelDays, matchesBy, profileEdits, deliverySkus: skus },
    });
    say(t("saved"), "good");
  }
  return html`
    <${FormDialog} title=${t("change.what", { name: it.name })} first=${first} send=${save} onClose=${onClose} onDone=${onDone}>
      ${({ field, check, values }) => html`
        <div class="fields">
          ${field("pointsExpiry", t("terms.expiry"), { as: "select", autofocus: true, options: EXPIRIES.map((expiry) => [expiry, t(expiry === "after_days" ? "terms.expiry.some-days" : `terms.expiry.${expiry}`)]) })}
          ${values.pointsExpiry === "after_days" && field("pointsDaysActive", t("terms.active-days"), { inputmode: "numeric" })}
        </div>
        ${field("pointsDaysLocked", t("terms.locked-days"), { inputmode: "numeric", hint: t("terms.locked-days.hint") })}
        <div class="fields">
          ${field("levelsBy", t("terms.levels"), { as: "select", options: LEVELS_BY.map((by) => [by, t(`terms.levels.${by}`)]) })}
          ${values.levelsBy !== "hand" && field("levelDays", t("terms.level-days"), { inputmode: "numeric", hint: t("terms.level-days.hint") })}
        </div>
        ${field("deliverySkus", t("terms.delivery"), { as: "textarea", hint: t("one-a-line") })}
        ${GRANTS.map((grant) => html`
          <fieldset key=${grant} class="stack tight">
            <legend>${t(`terms.${grant}`)}</legend>${STATUSES.map((status) => check(`${grant}.${status}`, t(`terms.status.${status}`)))}
          </fieldset>`)}
        ${check("profileEdits", t("terms.profile-edits"))}
        <fieldset class="stack tight"><legend>${t("terms.matches")}</legend>${MATCHES.map((name) => check(name, t(`terms.matches.${name}`)))}</fieldset>
      `}
    <//>
  `;
}
