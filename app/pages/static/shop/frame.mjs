// The frame of the shop: on a phone the places to go to lie at the bottom, under the thumb; elsewhere beside the brand.
import { html, useEffect } from "kit/html.mjs";
import { priced } from "kit/format.mjs";
import { useRoom } from "kit/room.mjs";
import { t, useLanguage } from "kit/texts.mjs";
import { to, usePlace } from "kit/router.mjs";
import { Brand, Icon } from "kit/ui.mjs";
import { useWallet } from "./wallet.mjs";

const PLACES = [
  ["/", "gift", "rewards", ["/", "/campaign"]],
  ["/coupons", "key", "coupons", ["/coupons"]],
  ["/points", "mark", "points", ["/points", "/earn"]],
  ["/draws", "wheel", "draws", ["/draws"]],
  ["/account", "people", "account", ["/account"]],
];
const BELOW = {
  position: "fixed", inset: "auto 0 0 0", zIndex: 5, display: "grid", gridTemplateColumns: "repeat(5, minmax(0, 1fr))", gap: 0,
  background: "var(--sheet)", borderTop: "1px solid var(--line)",
  padding: "var(--s1) var(--s1) max(var(--s1), env(safe-area-inset-bottom))",
};
const TAB = { flexDirection: "column", gap: 0, padding: "var(--s1) 0", fontSize: "0.75rem", lineHeight: 1.3, justifyContent: "center" };
const ICON = { width: "1.375rem", flex: "none" };

export function Frame({ children }) {
  useLanguage();
  const wide = useRoom("56rem"), wallet = useWallet(), { path } = usePlace();
  useEffect(() => {
    // What has the focus stays in sight between the bars, and what is said in passing stands above the lower one.
    document.documentElement.style.scrollPadding = wide ? "4rem 0 1rem" : "4rem 0 5rem";
    document.documentElement.style.setProperty("--below", wide ? "0px" : "4rem");
  }, [wide]);
  const menu = html`<${Menu} wide=${wide} />`;
  return html`
    <a class="skip" href="#content" onClick=${(event) => (event.preventDefault(), document.getElementById("content").focus())}>
      ${t("skip")}
    </a>
    <div class="frame" style=${wide ? null : { paddingBottom: "4.25rem" }}>
      <header class="bar wide">
        <${Brand} href=${to("/")}>${t("app.name")}<//>
        ${wide && menu}
        <span class="grow" style=${{ flexBasis: 0 }}></span>
        ${wallet &&
        path !== "/" &&
        html`<a class="badge accent number" style=${BALANCE} href=${to("/points")}>${priced(wallet.points)}</a>`}
      </header>
      <main class="main" id="content" tabindex="-1">${children}</main>
      ${!wide && menu}
    </div>
  `;
}
const BALANCE = { minHeight: "var(--touch)", padding: "0 var(--s3)", textDecoration: "none", fontSize: "var(--text)" };

function Menu({ wide }) {
  const { path } = usePlace();
  const isHere = (below) => below.some((it) => path === it || (it !== "/" && path.startsWith(`${it}/`)));
  return html`
    <nav class="menu" aria-label=${t("menu")} style=${wide ? null : BELOW}>
      ${PLACES.map(
        ([href, icon, name, below]) => html`
          <a key=${href} href=${to(href)} aria-current=${isHere(below) ? "page" : undefined} style=${wide ? null : TAB}>
            <span style=${ICON}><${Icon} name=${icon} /></span><span>${t(`menu.${name}`)}</span>
          </a>`,
      )}
    </nav>
  `;
}
