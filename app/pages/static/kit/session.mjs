// Signing in, and the frame that is there once somebody has.
import { html, useEffect, useRef, useState } from "kit/html.mjs";
import { to, usePlace } from "kit/router.mjs";
import { useStore } from "kit/store.mjs";
import { useAct } from "kit/load.mjs";
import { t, useLanguage } from "kit/texts.mjs";
import { Aside, Brand, Button, Dialog, Empty, Field, Form, Icon, Preferences, Title, Trouble, useTitle } from "kit/ui.mjs";

/**
 * The application for whoever is signed in; the password for whoever is not. `below` stands under the form. `mayLeave` is asked
 * before somebody signs out instead of going on.
 */
export function Session({ api, nameLabel, below: Below, mayLeave = () => true, children }) {
  useLanguage();
  const session = useStore(api.signedIn), expired = useStore(api.expired);
  if (!session) return html`<${Gate} api=${api} nameLabel=${nameLabel} below=${Below} /><${Aside} />`;
  return html`
    ${children(session)}
    ${expired && html`<${Again} api=${api} username=${expired.session.username} mayLeave=${mayLeave} />`}
    <${Aside} />
  `;
}

function Gate({ api, nameLabel, below: Below }) {
  const [username, setUsername] = useState(""), [password, setPassword] = useState("");
  const [signIn, { busy, error }] = useAct(() => api.signIn(username.trim(), password));
  useTitle(() => t("sign-in"));
  return html`
    <main class="gate">
      <div class="sheet">
        <${Brand} href=${`/${document.documentElement.dataset.app}`}>${t("app.name")}<//>
        <div><h1>${t("sign-in")}</h1><p class="soft">${t("app.text")}</p></div>
        <${Form} onSubmit=${signIn}>
          <${Field} label=${nameLabel} value=${username} onInput=${setUsername} autocomplete="username" autofocus required />
          <${Field} label=${t("password")} type="password" value=${password} onInput=${setPassword} autocomplete="current-password" required />
          <${Trouble} error=${error} />
          <${Button} kind="main-action" type="submit" busy=${busy}>${t("sign-in")}<//>
        <//>
        ${Below && html`<${Below} onSignIn=${api.signIn} />`}
        <${Preferences} />
      </div>
    </main>
  `;
}

/** The session has ended: the password again, and everything goes on where it was. */
function Again({ api, username, mayLeave }) {
  const [password, setPassword] = useState("");
  const [signIn, { busy, error }] = useAct(() => api.signIn(username, password));
  return html`
    <${Dialog} title=${t("session.ended")} onClose=${null}>
      <${Form} onSubmit=${signIn}>
        <p>${t("session.ended.text", { username })}</p>
        <${Field} label=${t("password")} type="password" value=${password} onInput=${setPassword} autocomplete="current-password" autofocus required />
        <${Trouble} error=${error} />
        <div class="row end">
          <${Button} onClick=${async () => (await mayLeave()) && api.signOut()}>${t("sign-out")}<//>
          <${Button} kind="main-action" type="submit" busy=${busy}>${t("go-on")}<//>
        </div>
      <//>
    <//>
  `;
}

/** There is nothing at this address of an application. */
export const NotFound = () => html`
  <${Title}>${t("not-found")}<//>
  <${Empty} icon="search" title=${t("not-found.text")}><${Button} kind="main-action" href=${to("/")}>${t("to-the-start")}<//><//>
`;

/** The frame of a screen: brand, menu (`[[href, icon, text, isHere]]`), who is signed in, and the content. */
export function Frame({ home, menu, bar, sided, children }) {
  const nav = useRef(), { path } = usePlace();
  useEffect(() => nav.current?.querySelector("[aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" }), [path]);
  const links = html`
    <nav class="menu" aria-label=${t("menu")} ref=${nav}>
      ${sided && html`<div class="brand-place"><${Brand} href=${home}>${t("app.name")}<//></div>`}
      ${menu.map(([href, icon, text, isHere]) => html`<a key=${href} href=${href} aria-current=${isHere ? "page" : undefined}><${Icon} name=${icon} /><span>${text}</span></a>`)}
    </nav>
  `;
  return html`
    <a class="skip" href="#content" onClick=${(event) => (event.preventDefault(), document.getElementById("content").focus())}>${t("skip")}</a>
    <div class="frame ${sided ? "sided" : ""}">
      <header class="bar ${sided ? "" : "wide"}"><${Brand} href=${home}>${t("app.name")}<//>${!sided && links}<span class="grow"></span>${bar}</header>
      ${sided && links}
      <main class="main" id="content" tabindex="-1">${children}</main>
    </div>
  `;
}
