// Language, theme, password, and signing out.
import { html, useState } from "kit/html.mjs";
import { useAct } from "kit/load.mjs";
import { t } from "kit/texts.mjs";
import { Button, Field, Form, Preferences, Title, Trouble, say } from "kit/ui.mjs";
import { api } from "./api.mjs";

export function Account() {
  const [current, setCurrent] = useState(""), [next, setNext] = useState("");
  const [change, { busy, error }] = useAct(async () => {
    await api.post("/api/admin/password/change", { currentPassword: current, plainPassword: next });
    await api.signIn(api.signedIn.get().username, next);
    setCurrent("");
    setNext("");
    say(t("password.changed"), "good");
  });
  return html`
    <${Title} actions=${html`<${Button} icon="out" onClick=${api.signOut}>${t("sign-out")}<//>`}>${t("account")}<//>
    <section class="sheet"><h2>${t("preferences")}</h2><${Preferences} /></section>
    <section class="sheet">
      <h2>${t("password.change")}</h2>
      <${Form} onSubmit=${change}>
        <div class="fields">
          <${Field} label=${t("password.current")} type="password" autocomplete="current-password" value=${current} onInput=${setCurrent} problem=${error?.fields?.currentPassword} />
          <${Field} label=${t("password.new")} type="password" autocomplete="new-password" hint=${t("password.hint")} value=${next} onInput=${setNext} problem=${error?.fields?.plainPassword} />
        </div>
        <${Trouble} error=${error} />
        <div><${Button} type="submit" kind="main-action" busy=${busy}>${t("password.change")}<//></div>
      <//>
    </section>
  `;
}
