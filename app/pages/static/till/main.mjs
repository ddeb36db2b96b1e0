// The till: a seller scans a card, and buys rewards for the customer in front of them.
import { html, useEffect, useState } from "kit/html.mjs";
import { number } from "kit/format.mjs";
import { Router, to, usePlace } from "kit/router.mjs";
import { useRoom } from "kit/room.mjs";
import { Frame, NotFound, Session } from "kit/session.mjs";
import { start } from "kit/start.mjs";
import { useStore } from "kit/store.mjs";
import { t, useLanguage } from "kit/texts.mjs";
import { Button } from "kit/ui.mjs";
import { Customer } from "./customer.mjs";
import { Idle } from "./idle.mjs";
import { install } from "./install.mjs";
import { LastSales, Waiting } from "./last.mjs";
import { OfflineNote } from "./offline.mjs";
import { Registering } from "./registering.mjs";
import { askNow, isPending, sales } from "./sales.mjs";
import { api, tryLine } from "./seller.mjs";
import { SellerMenu, mayLeave } from "./menu.mjs";

const ROUTES = [
  ["/", Idle],
  ["/customer/:id", Customer],
  ["/register", Registering],
  ["/sales", LastSales],
];

function Till() {
  useLanguage();
  return html`<${Session} api=${api} nameLabel=${t("email")} mayLeave=${mayLeave}>${(session) => html`<${Counter} session=${session} key=${session.login} />`}<//>`;
}

function Counter({ session }) {
  const { path } = usePlace(), isNarrow = !useRoom("40rem"), isWide = useRoom("64rem");
  const pending = useStore(sales).filter(isPending).length;
  const [open, setOpen] = useState(null);
  const close = () => setOpen(null);
  useEffect(() => void askNow(), [session.login]);
  const atTill = path === "/" || path.startsWith("/customer"), atSales = path === "/sales";
  const menu = isNarrow ? [] : [[to("/"), "till", t("menu.till"), atTill], [to("/sales"), "list", t("menu.sales"), atSales]];
  const bar = html`
    ${pending > 0 &&
    html`<button type="button" class="button" data-waiting onClick=${() => setOpen("waiting")}>
      <span class=${isNarrow ? "unseen" : ""}>${t("waiting.badge")}${" "}</span><span class="badge warn">${number(pending)}</span>
    </button>`}
    ${isNarrow &&
    html`<${Button} kind="plain" class="icon" icon="list" href=${to("/sales")} aria-label=${t("menu.sales")} aria-current=${atSales ? "page" : undefined} />`}
    <${Button}
      kind="plain"
      class=${isWide ? "" : "icon"}
      icon="people"
      aria-label=${t("menu.seller", { username: session.username })}
      onClick=${() => setOpen("menu")}
    >
      ${isWide && html`<span class="name">${session.username}</span>`}
    <//>
  `;
  return html`
    <${Frame} home=${to("/")} menu=${menu} bar=${bar}>
      <${OfflineNote} />
      <${Router} routes=${ROUTES} otherwise=${NotFound} />
    <//>
    ${open === "waiting" && html`<${Waiting} onClose=${close} />`}
    ${open === "menu" && html`<${SellerMenu} session=${session} onClose=${close} />`}
  `;
}

void install();
void tryLine(); // a device may believe that it is connected
start(Till);
