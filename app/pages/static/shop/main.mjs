// The shop: what a customer sees, buys, plays and holds.
import { html, useEffect } from "kit/html.mjs";
import { navigate, Router, to, usePlace } from "kit/router.mjs";
import { NotFound, Session } from "kit/session.mjs";
import { start } from "kit/start.mjs";
import { useStore } from "kit/store.mjs";
import { t, useLanguage } from "kit/texts.mjs";
import { Aside, Button } from "kit/ui.mjs";
import { Account } from "./account.mjs";
import { api } from "./api.mjs";
import { Catalogue } from "./catalogue.mjs";
import { Coupons } from "./coupons.mjs";
import { Detail } from "./detail.mjs";
import { Earn } from "./earn.mjs";
import { Frame } from "./frame.mjs";
import { MyDraws } from "./my_draws.mjs";
import { Activate, Forgotten, Reset } from "./link.mjs";
import { Points } from "./points.mjs";
import { Register } from "./register.mjs";
import { refreshWallet } from "./wallet.mjs";

const ROUTES = [
  ["/", Catalogue],
  ["/campaign/:id", Detail],
  ["/coupons", Coupons],
  ["/points", Points],
  ["/earn", Earn],
  ["/draws", MyDraws],
  ["/account", Account],
  ["/register", Registered],
];

const OUTSIDE = [
  ["/register", Register],
  ["/forgotten", Forgotten],
  ["/reset", Reset],
  ["/activate", Activate],
];

function Shop() {
  useLanguage();
  const session = useStore(api.signedIn), { path } = usePlace();
  // What a link in a mail leads to is open to whoever has the link, signed in or not.
  if (["/forgotten", "/reset", "/activate"].includes(path) || (!session && path === "/register")) {
    return html`<${Router} routes=${OUTSIDE} otherwise=${NotFound} /><${Aside} />`;
  }
  return html`<${Session} api=${api} nameLabel=${t("sign-in.name")} below=${Below}>${() => html`<${Screens} key=${session?.id} />`}<//>`;
}

const Below = () => html`
  <p class="row apart">
    <span class="soft">${t("register.question")}</span><${Button} href=${to("/register")}>${t("register")}<//>
  </p>
  <p class="row apart">
    <span class="soft">${t("forgotten.question")}</span><${Button} href=${to("/forgotten")}>${t("forgotten")}<//>
  </p>
`;

function Screens() {
  const { path } = usePlace();
  // The balance is beside everything, and may change elsewhere; where it cannot be read, the screens say so themselves.
  useEffect(() => void refreshWallet().catch(() => null), [path]);
  return html`<${Frame}><${Router} routes=${ROUTES} otherwise=${NotFound} /><//>`;
}

/** Whoever has just registered, or is signed in already, has nothing to do at that address. */
function Registered() {
  useEffect(() => void navigate("/", {}, { replace: true }), []);
  return null;
}

start(Shop);
