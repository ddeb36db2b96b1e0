// A receipt that was nobody's: the customer shows it, and it earns now.
import { html, useState } from "kit/html.mjs";
import { points } from "kit/format.mjs";
import { useAct } from "kit/load.mjs";
import { t } from "kit/texts.mjs";
import { Button, Dialog, Field, Form, Trouble } from "kit/ui.mjs";
import { api } from "./seller.mjs";

export function Receipt({ customer, onClose, onDone }) {
  const [number, setNumber] = useState("");
  const [assign, { busy, error }] = useAct(async () => {
    const sent = { transactionDocumentNumber: number.trim(), customerId: customer.id };
    const { transactionId } = await api.post("/api/pos/transaction/customer/assign", { assign: sent });
    const { pointsEarned } = await api.get(`/api/transaction/${transactionId}`);
    onDone(points(pointsEarned ?? 0));
  });
  return html`
    <${Dialog} title=${t("receipt")} onClose=${onClose}>
      <${Form} onSubmit=${assign}>
        <p class="soft name clamp">${t("receipt.for", { name: customer.name })}</p>
        <${Field} label=${t("receipt.number")} hint=${t("receipt.hint")} value=${number} onInput=${setNumber} problem=${error?.fields?.transactionDocumentNumber} autocomplete="off" autofocus />
        ${error && !error.fields?.transactionDocumentNumber && html`<${Trouble} error=${error} />`}
        <div class="row end"><${Button} onClick=${onClose}>${t("cancel")}<//><${Button} kind="main-action" type="submit" busy=${busy}>${t("receipt.yes")}<//></div>
      <//>
    <//>
  `;
}
