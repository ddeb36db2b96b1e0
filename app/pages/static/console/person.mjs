// One person's data: two accounts that are one, all that is kept, and forgetting somebody.
import { html, useState } from "kit/html.mjs";
import { name } from "kit/format.mjs";
import { useAct } from "kit/load.mjs";
import { navigate } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Button, Dialog, Trouble, confirm, say } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { Finder } from "./finder.mjs";

export function PersonalData({ customer, onMerged }) {
  const [isAsking, setAsking] = useState(false), path = `/api/admin/customer/${customer.customerId}`;
  const [take, taking] = useAct(async () => {
    const found = await api.get(`${path}/export`);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(found, null, 2)], { type: "application/json" }));
    link.download = `customer-${customer.customerId}.json`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
  const [erase, erasing] = useAct(async () => {
    if (!(await confirm({ title: t("person.erase.title", { name: name(customer) }), text: t("person.erase.text"), yes: t("person.erase"), danger: true }))) return;
    await api.delete(path);
    say(t("person.erased"), "good");
    navigate("/customers");
  });
  return html`
    <section class="sheet"><h2>${t("person.data")}</h2>
      <div class="row">
        <${Button} onClick=${() => setAsking(true)}>${t("person.merge")}<//>
        <${Button} busy=${taking.busy} onClick=${take}>${t("person.export")}<//>
        <${Button} kind="danger" busy=${erasing.busy} onClick=${erase}>${t("person.erase")}<//>
      </div>
      <${Trouble} error=${taking.error ?? erasing.error} />
      ${isAsking && html`<${Merge} customer=${customer} onClose=${() => setAsking(false)} onDone=${() => (setAsking(false), onMerged())} />`}
    </section>
  `;
}

/** Choose the other account of the same person, which becomes a part of this one. */
function Merge({ customer, onClose, onDone }) {
  const [merge, { error }] = useAct(async (other) => {
    const named = (person, ...known) => [name(person), ...known].filter(Boolean).join(", ");
    const both = { kept: named(customer, customer.loyaltyCardNumber, customer.email ?? customer.phone), other: named(other, other.loyalty_card_number, other.email ?? other.phone) };
    if (!(await confirm({ title: t("person.merge.title", both), text: t("person.merge.text", both), yes: t("person.merge"), danger: true }))) return;
    await api.post(`/api/admin/customer/${customer.customerId}/merge`, { merge: { customer: other.id } });
    say(t("person.merged", both), "good");
    onDone();
  });
  return html`
    <${Dialog} title=${t("person.merge")} onClose=${onClose}>
      <p class="soft">${t("person.merge.choose", { name: name(customer) })}</p>
      <${Trouble} error=${error} />
      <${Finder} onChoose=${merge} />
    <//>
  `;
}
