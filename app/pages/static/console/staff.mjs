// Who sells, and where.
import { html, useState } from "kit/html.mjs";
import { name } from "kit/format.mjs";
import { useLoad } from "kit/load.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, Empty, Loaded, Title, say } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { FormDialog } from "./form.mjs";

export function Staff() {
  const shops = useLoad((signal) => api.get("/api/seller/pos", { perPage: 1000 }, { signal }));
  return html`
    <${Title}>${t("menu.staff")}<//>
    <${Loaded} of=${shops}>${(found) => html`<${Sellers} shops=${found.pos} /><${Shops} shops=${found.pos} reload=${shops.reload} />`}<//>
  `;
}

function Sellers({ shops }) {
  const sellers = useLoad((signal) => api.get("/api/seller", { perPage: 1000 }, { signal }));
  const [open, setOpen] = useState(null);
  return html`
    <section class="sheet">
      <div class="row apart"><h2>${t("sellers")}</h2><${Button} icon="plus" disabled=${shops.length === 0} onClick=${() => setOpen({})}>${t("seller.new")}<//></div>
      ${shops.length === 0 && html`<p class="soft">${t("sellers.need-shop")}</p>`}
      <${Loaded} of=${sellers}>${(found) => html`
        ${found.sellers.length === 0 && html`<${Empty} icon="people" title=${t("sellers.none")} />`}
        <ul class="list">${found.sellers.filter((it) => !it.deleted).map(
          (it) => html`
            <li key=${it.sellerId}>
              <div class="grow"><p class="name strong">${name(it)}</p><p class="small soft name">${it.email} · ${it.posName ?? ""}</p></div>
              ${!it.active && html`<${Badge} tone="bad">${t("switched-off")}<//>`}
              <${Button} onClick=${() => setOpen(it)} aria-label=${t("change.what", { name: name(it) })}>${t("change")}<//>
            </li>`,
        )}</ul>
        ${open && html`<${SellerForm} it=${open} shops=${shops} onClose=${() => setOpen(null)} onDone=${() => (setOpen(null), sellers.reload())} />`}
      `}<//>
    </section>
  `;
}

function SellerForm({ it, shops, onClose, onDone }) {
  const first = {
    firstName: it.firstName ?? "",
    lastName: it.lastName ?? "",
    email: it.email ?? "",
    phone: it.phone ?? "",
    posId: it.posId ?? shops[0]?.posId,
    plainPassword: "",
    allowPointTransfer: it.allowPointTransfer ?? true,
    active: it.active ?? true,
  };
  async function save(seller, key) {
    await (it.sellerId ? api.put(`/api/seller/${it.sellerId}`, { seller }) : api.post("/api/seller/register", { seller }, { key }));
    say(t("saved"), "good");
  }
  const title = it.sellerId ? t("change.what", { name: name(it) }) : t("seller.new");
  const hint = it.sellerId ? t("seller.password.hint") : t("password.hint");
  return html`
    <${FormDialog} title=${title} first=${first} send=${save} onClose=${onClose} onDone=${onDone}>
      ${({ field, check }) => html`
        <div class="fields">${field("firstName", t("first-name"), { autofocus: true })}${field("lastName", t("last-name"))}</div>
        <div class="fields">${field("email", t("email"), { type: "email" })}${field("phone", t("phone"), { type: "tel" })}</div>
        ${field("posId", t("shop"), { as: "select", options: shops.map((each) => [each.posId, each.name]) })}
        ${field("plainPassword", t("password"), { type: "password", autocomplete: "new-password", hint })}
        ${check("allowPointTransfer", t("seller.points"))}
        ${check("active", t("seller.active"))}
      `}
    <//>
  `;
}

function Shops({ shops, reload }) {
  const [isNew, setNew] = useState(false);
  return html`
    <section class="sheet">
      <div class="row apart"><h2>${t("shops")}</h2><${Button} icon="plus" onClick=${() => setNew(true)}>${t("shop.new")}<//></div>
      ${shops.length === 0 && html`<${Empty} icon="shop" title=${t("shops.none")} />`}
      <ul class="list">${shops.map((it) => html`<li key=${it.posId}><div class="grow"><p class="name strong">${it.name}</p><p class="small soft name">${it.identifier}${it.description ? ` · ${it.description}` : ""}</p></div></li>`)}</ul>
      ${isNew && html`<${ShopForm} onClose=${() => setNew(false)} onDone=${() => (setNew(false), reload())} />`}
    </section>
  `;
}

function ShopForm({ onClose, onDone }) {
  async function save(pos, key) {
    await api.post("/api/pos", { pos }, { key });
    say(t("saved"), "good");
  }
  return html`
    <${FormDialog} title=${t("shop.new")} first=${{ name: "", identifier: "", description: "" }} send=${save} onClose=${onClose} onDone=${onDone}>
      ${({ field }) => html`
        ${field("name", t("name"), { autofocus: true })}
        ${field("identifier", t("shop.identifier"))}
        ${field("description", t("description"))}
      `}
    <//>
  `;
}
