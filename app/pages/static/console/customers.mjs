// Customers: found by name, mail, phone or card; registered.
import { html, useState } from "kit/html.mjs";
import { date, name, points } from "kit/format.mjs";
import { navigate, to, useQuery, useSearch } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Button, Empty, Field, Loaded, Table, Title, say } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { Status, useFound } from "./finder.mjs";
import { FormDialog } from "./form.mjs";

export function Customers() {
  const [{ text: sought }] = useQuery(), [text, setText] = useSearch(), [isNew, setNew] = useState(false);
  const found = useFound(sought, 50);
  const status = { key: "status", label: t("status"), cell: (row) => html`<${Status} status=${row.status} />` };
  const columns = [
    { key: "name", label: t("name"), cell: (row) => html`<span class="name clamp">${name(row)}</span>` },
    { key: "card", label: t("card"), cell: (row) => html`<span class="mono">${row.loyalty_card_number ?? ""}</span>` },
    { key: "email", label: t("email"), cell: (row) => html`<span class="name">${row.email ?? row.phone ?? ""}</span>` },
    { key: "level", label: t("level"), cell: (row) => html`<span class="name">${row.level ?? ""}</span>` },
    { key: "balance", label: t("balance"), number: true, cell: (row) => points(row.balance) },
    { key: "since", label: t("registered"), cell: (row) => date(row.registered_at) },
  ];
  return html`
    <${Title} actions=${html`<${Button} kind="main-action" icon="plus" onClick=${() => setNew(true)}>${t("customers.new")}<//>`}>${t("menu.customers")}<//>
    <${Field} type="search" label=${t("customers.search")} hint=${t("customers.search.hint")} value=${text} onInput=${setText} />
    <${Loaded} of=${found} lines=${8} height="2.5rem">${({ customers }) =>
      customers.length === 0
        ? html`<${Empty} icon="people" title=${sought ? t("customers.none", { text: sought }) : t("customers.nobody")}><${Button} onClick=${() => setNew(true)}>${t("customers.new")}<//><//>`
        : html`
            <p class="small soft" role="status">${sought ? t("customers.found", { n: customers.length }) : t("customers.newest")}</p>
            <div class="sheet flush"><${Table} label=${t("menu.customers")} columns=${customers.every((it) => it.status === "active") ? columns : [columns[0], status, ...columns.slice(1)]} rows=${customers} href=${(row) => to(`/customers/${row.id}`)} /></div>
          `}<//>
    ${isNew && html`<${NewCustomer} onClose=${() => setNew(false)} />`}
  `;
}

function NewCustomer({ onClose }) {
  const first = { firstName: "", lastName: "", email: "", phone: "", loyaltyCardNumber: "", plainPassword: "", agreement1: false };
  async function register(customer, key) {
    const made = await api.post("/api/customer/register", { customer }, { key });
    say(t("customers.registered", { name: name(customer) }), "good");
    return made;
  }
  const show = (made) => navigate(`/customers/${made.customerId}`);
  return html`
    <${FormDialog} title=${t("customers.new")} first=${first} send=${register} yes=${t("customers.register")} onClose=${onClose} onDone=${show}>
      ${({ field, check }) => html`
        ${Person({ field })}
        ${field("plainPassword", t("password"), { type: "password", autocomplete: "new-password", hint: t("password.hint") })}
        ${check("agreement1", t("agreement"))}
      `}
    <//>
  `;
}

/** Who somebody is, and what they are known by. */
export const Person = ({ field }) => html`
  <div class="fields">${field("firstName", t("first-name"), { autofocus: true })}${field("lastName", t("last-name"))}</div>
  ${field("email", t("email"), { type: "email" })}
  <div class="fields">${field("phone", t("phone"), { type: "tel" })}${field("loyaltyCardNumber", t("card"))}</div>
`;
