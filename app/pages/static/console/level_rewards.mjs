// What a level gives beside its discount, for a time: each reward has a name, a code and a discount of its own.
import { html, useState } from "kit/html.mjs";
import { amountOf, date, hundredths, percent } from "kit/format.mjs";
import { useAct } from "kit/load.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, Dialog, Empty, Trouble, confirm, say } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { FormDialog } from "./form.mjs";

export function LevelRewards({ it, onClose, reload }) {
  const [open, setOpen] = useState(null);
  // What is there now, rather than when this was opened: others change levels, too.
  const keep = async (change) => {
    const now = await api.get(`/api/level/${it.id}`);
    await api.put(`/api/level/${it.id}`, { level: { ...now, specialRewards: change(now.specialRewards) } });
    say(t("saved"), "good");
  };
  const [remove, { error }] = useAct(async (reward) => {
    if (!(await confirm({ title: t("remove.what", { name: reward.name }), yes: t("remove"), danger: true }))) return;
    await keep((rewards) => rewards.filter((each) => each.id !== reward.id));
    reload();
  });
  if (open) return html`<${RewardForm} level=${it} it=${open} keep=${keep} onClose=${() => setOpen(null)} onDone=${() => (setOpen(null), reload())} />`;
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
      <${Trouble} error=${error} />
      <div class="row end"><${Button} icon="plus" onClick=${() => setOpen({})}>${t("level.reward.new")}<//></div>
    <//>
  `;
}

function RewardForm({ level, it, keep, onClose, onDone }) {
  const place = it.id ? level.specialRewards.findIndex((each) => each.id === it.id) : level.specialRewards.length;
  const first = {
    name: it.name ?? "",
    percent: it.value === undefined ? "" : hundredths(it.value),
    code: it.code ?? "",
    startAt: it.startAt?.slice(0, 16) ?? "",
    endAt: it.endAt?.slice(0, 16) ?? "",
    active: it.active ?? true,
  };
  async function save({ percent: written, startAt, endAt, ...rest }) {
    // A clock in a form knows no seconds: a moment that nobody changed goes back as it came.
    const window = { startAt: startAt === first.startAt ? it.startAt : startAt, endAt: endAt === first.endAt ? it.endAt : endAt };
    const kept = { ...it, ...rest, ...window, value: amountOf(written) };
    await keep((rewards) => (it.id ? rewards.map((each) => (each.id === it.id ? kept : each)) : [...rewards, kept]));
  }
  const wire = Object.fromEntries(Object.keys(first).map((name) => [name, `specialRewards.${place}.${name === "percent" ? "value" : name}`]));
  return html`
    <${FormDialog} title=${it.id ? t("change.what", { name: it.name }) : t("level.reward.new")} about=${level.id} first=${first} send=${save} wire=${wire} onClose=${onClose} onDone=${onDone}>
      ${({ field, check }) => html`
        ${field("name", t("name"), { autofocus: true })}
        <div class="fields">${field("percent", t("level.percent"), { inputmode: "decimal" })}${field("code", t("code"))}</div>
        <div class="fields">${field("startAt", t("rule.start"), { type: "datetime-local" })}${field("endAt", t("rule.end"), { type: "datetime-local", hint: t("level.reward.window") })}</div>
        ${check("active", t("switched-on"))}
      `}
    <//>
  `;
}
