// A customer, found while typing.
import { html, useState } from "kit/html.mjs";
import { name, points } from "kit/format.mjs";
import { useLoad, useStill } from "kit/load.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Field, Loaded } from "kit/ui.mjs";
import { api } from "./api.mjs";

/** The customers whom a text finds; the newest where there is none. */
export const useFound = (text, size) => useLoad((signal) => api.get("/api/admin/customers", { text, size }, { signal }), [text, size]);

export const Status = ({ status }) => (status === "active" ? null : html`<${Badge} tone=${status === "new" ? "accent" : "bad"}>${t(`status.${status}`)}<//>`);

/** A field that finds customers, and a list to choose one from. */
export function Finder({ onChoose }) {
  const [text, setText] = useState("");
  const found = useFound(useStill(text), 6);
  return html`
    <div class="stack tight">
      <${Field} type="search" label=${t("customers.search")} hint=${t("customers.search.hint")} value=${text} onInput=${setText} />
      <${Loaded} of=${found} lines=${3}>${({ customers }) =>
        customers.length === 0
          ? html`<p class="soft" role="status">${text ? t("customers.none", { text }) : t("customers.nobody")}</p>`
          : html`<ul class="list">${customers.map(
              (it) => html`<li key=${it.id}><button type="button" class="button" style=${{ width: "100%", justifyContent: "space-between", textAlign: "left" }} onClick=${() => onChoose(it)}><span class="grow"><span class="name clamp">${name(it)}</span><span class="soft small name">${[it.loyalty_card_number, it.email ?? it.phone].filter(Boolean).join(" · ")}</span></span><span class="soft small">${points(it.balance)}</span></button></li>`,
            )}</ul>`}<//>
    </div>
  `;
}
