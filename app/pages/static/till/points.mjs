// Giving a customer points by hand.
import { html, useState } from "kit/html.mjs";
import { amountOf } from "kit/format.mjs";
import { useAct } from "kit/load.mjs";
import { once } from "kit/once.mjs";
import { t } from "kit/texts.mjs";
import { Button, Dialog, Field, Form, Trouble } from "kit/ui.mjs";
import { api } from "./seller.mjs";

export function AddingPoints({ customer, onClose, onAdded }) {
  const [amount, setAmount] = useState(""), [comment, setComment] = useState(""), [problem, setProblem] = useState(null);
  const [add, { busy, error }] = useAct(async () => {
    const points = amountOf(amount), isAmount = /^\d+(\.\d{1,2})?$/.test(points) && Number(points) > 0;
    setProblem(isAmount ? null : t("points.problem"));
    if (!isAmount) return;
    const transfer = { customer: customer.id, points, comment: comment.trim() || t("points.comment.default") };
    await once(["add points", api.signedIn.get().login, transfer], (key) => api.post("/api/pos/points/transfer/add", { transfer }, { key }));
    onAdded(points);
  });
  return html`
    <${Dialog} title=${t("points.add")} onClose=${onClose}>
      <${Form} onSubmit=${add}>
        <p class="soft name clamp">${t("points.for", { name: customer.name })}</p>
        <${Field}
          label=${t("points.amount")}
          value=${amount}
          onInput=${setAmount}
          problem=${problem ?? error?.fields?.points?.join(" ")}
          inputmode="decimal"
          autocomplete="off"
          autofocus
          class="short"
        />
        <${Field}
          label=${t("points.comment")}
          hint=${t("points.comment.hint")}
          value=${comment}
          onInput=${setComment}
          autocomplete="off"
          maxlength="255"
        />
        <${Trouble} error=${error?.fields?.points ? null : error} />
        <div class="row end">
          <${Button} onClick=${onClose}>${t("cancel")}<//>
          <${Button} kind="main-action" type="submit" busy=${busy}>${t("points.add")}<//>
        </div>
      <//>
    <//>
  `;
}
