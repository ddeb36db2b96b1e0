// The programme around the campaigns: levels that customers reach, and segments that they belong to.
import { html, useState } from "kit/html.mjs";
import { amountOf, hundredths, percent, points } from "kit/format.mjs";
import { useLoad } from "kit/load.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, Empty, Loaded, Title, say } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { FormDialog } from "./form.mjs";
import { LevelRewards } from "./level_rewards.mjs";
import { PhotoButton } from "./photo.mjs";
import { Segments } from "./segments.mjs";
import { Terms } from "./terms.mjs";

export const Programme = () => html`
  <${Title} text=${t("programme.text")}>${t("menu.programme")}<//>
  <${Terms} />
  <${Levels} />
  <${Segments} />
`;

function Levels() {
  const levels = useLoad((signal) => api.get("/api/level", { perPage: 1000 }, { signal }));
  const [open, setOpen] = useState(null), [rewards, setRewards] = useState(null);
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
              <${PhotoButton} name=${it.name} path=${`/api/level/${it.id}/photo`} hasPhoto=${it.hasPhoto} reload=${levels.reload} />
              <${Button} onClick=${() => setRewards(it.id)} aria-label=${t("level.rewards.of", { name: it.name })}>${t("level.rewards")}<//>
              <${Button} onClick=${() => setOpen(it)} aria-label=${t("change.what", { name: it.name })}>${t("change")}<//>
            </li>`,
        )}</ul>
        ${rewards && html`<${LevelRewards} it=${found.levels.find((each) => each.id === rewards)} onClose=${() => setRewards(null)} reload=${levels.reload} />`}
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
    const kept = it.id && { description: it.description, minOrder: it.minOrder, specialRewards: it.specialRewards };
    const sent = { level: { ...kept, ...rest, conditionValue: amountOf(conditionValue), reward } };
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
