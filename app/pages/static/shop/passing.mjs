// Passing points on to somebody whose card or number one knows.
import { html, useState } from "kit/html.mjs";
import { amountOf, priced } from "kit/format.mjs";
import { useAct } from "kit/load.mjs";
import { once } from "kit/once.mjs";
import { t } from "kit/texts.mjs";
import { Button, Dialog, Field, Form, Trouble, confirm, say } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { refreshWallet } from "./wallet.mjs";

export function Passing({ onClose, onDone }) {
  const [receiver, setReceiver] = useState(""), [amount, setAmount] = useState(""), [missing, setMissing] = useState({});
  const [pass, { busy, error }] = useAct(async () => {
    const blank = { receiver: !receiver.trim() && t("field.needed"), points: !amount.trim() && t("field.needed") };
    setMissing(blank);
    if (blank.receiver || blank.points) return;
    const transfer = { receiver: receiver.trim(), points: amountOf(amount) };
    if (!(await confirm({ title: t("passing.title", { points: amount, receiver }), text: t("passing.text"), yes: t("passing.yes") }))) return;
    await once(["pass on", api.signedIn.get().login, transfer], (key) => api.post("/api/customer/points/p2p-transfer", { transfer }, { key }));
    say(t("passing.done", { points: priced(transfer.points) }), "good");
    await refreshWallet().catch(() => null);
    onDone();
  });
  // Whoever has no such card is told no more than that.
  const nobody = error?.status === 404 ? t("passing.nobody") : error?.fields?.receiver;
  return html`
    <${Dialog} title=${t("passing")} onClose=${onClose}>
      <${Form} onSubmit=${pass}>
        <${Field} label=${t("passing.receiver")} hint=${t("passing.receiver.hint")} value=${receiver} onInput=${setReceiver} problem=${missing.receiver || nobody} autocomplete="off" autofocus />
        <${Field} label=${t("passing.amount")} value=${amount} onInput=${setAmount} problem=${missing.points || error?.fields?.points} inputmode="decimal" autocomplete="off" class="short" />
        ${error && !nobody && !error.fields?.points && html`<${Trouble} error=${error} />`}
        <div class="row end"><${Button} onClick=${onClose}>${t("cancel")}<//><${Button} kind="main-action" type="submit" busy=${busy}>${t("passing.yes")}<//></div>
      <//>
    <//>
  `;
}
