// What a level gives beside its discount, for a time: each reward has a name, a code and a discount of its own.
import { html, useState } from "kit/html.mjs";
import { amountOf, date, hundredths, percent } from "kit/format.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, Dialog, Empty, confirm, say } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { FormDialog } from "./form.mjs";

export function LevelRewards({ it, onClose, reload }) {
  const [open, setOpen] = useState(null);
  const keep = async (specialRewards) => {
    await api.put(`/api/level/${it.id}`, { level: { ...it, specialRewards } });
    say(t("saved"), "good");
  };
  async function remove(reward) {
    if (!(await confirm({ title: t("remove.what", { name: reward.name }), yes: t("remove"), danger: true }))) return;
    await keep(it.specialRewards.filter((each) => each.id !== reward.id));
    reload();
  }
  if (open) return html`<${RewardForm} of=${it} it=${open} keep=${keep} onClose=${() => setOpen(null)} onDone=${() => (setOpen(null), reload())} />`;
  return html`
    <${Dialog} title=${t("level.rewards.of", { name: it.name })} onClose=${onClose}>
      ${it.specialRewards.length === 0 && html`<${Empty} icon="gift" title=${t("level.rewards.none")} />`}
      <ul class="list">${it.specialRewards.map(
        (each) => html`
          <li key=${each.id}>
            <div class="grow"><p class="name strong">${each.name}</p><p class="small soft name">${t("level.discount", { percent: percent(each.value) })} · ${each.code} · ${t("rule.window", { from: date(each.startAt), to: date(each.endAt) })}</p></div>
            ${!each.active && html`<${Badge}>${t("switched-off")}<//>`}
            <${Button} onClick=${() => setOpen(each)} aria-label=${t("change.what", { name: each.name })}>${t("change")}<//>
            <${Button} onClick=${() => remove(each)} aria-label=${t("remove.what", { name: each.name })}>${t("remove")}<//>
          </li>`,
      )}</ul>
      <div class="row end"><${Button} icon="plus" onClick=${() => setOpen({})}>${t("level.reward.new")}<//></div>
    <//>
  `;
}

function RewardForm({ of, it, keep, onClose, onDone }) {
  const place = it.id ? of.specialRewards.findIndex((each) => each.id === it.id) : of.specialRewards.length;
  const first = {
    name: it.name ?? "",
    percent: it.value === undefined ? "" : hundredths(it.value),
    code: it.code ?? "",
    startAt: it.startAt?.slice(0, 16) ?? "",
    endAt: it.endAt?.slice(0, 16) ?? "",
    active: it.active ?? true,
  };
  const save = ({ percent: written, ...rest }) => keep(of.specialRewards.toSpliced(place, 1, { ...it, ...rest, value: amountOf(written) }));
  const wire = Object.fromEntries(Object.keys(first).map((name) => [name, `specialRewards.${place}.${name === "percent" ? "value" : name}`]));
  return html`
    <${FormDialog} title=${it.id ? t("change.what", { name: it.name }) : t("level.reward.new")} about=${of.id} first=${first} send=${save} wire=${wire} onClose=${onClose} onDone=${onDone}>
      ${({ field, check }) => html`
        ${field("name", t("name"), { autofocus: true })}
        <div class="fields">${field("percent", t("level.percent"), { inputmode: "decimal" })}${field("code", t("code"))}</div>
        <div class="fields">${field("startAt", t("rule.start"), { type: "datetime-local" })}${field("endAt", t("rule.end"), { type: "datetime-local", hint: t("level.reward.window") })}</div>
        ${check("active", t("switched-on"))}
      `}
    <//>
  `;
}
