// Who the customer is to the programme, and how the customer wants to read.
import { Code } from "kit/code.mjs";
import { html, useState } from "kit/html.mjs";
import { date, name } from "kit/format.mjs";
import { useAct, useLoad } from "kit/load.mjs";
import { t } from "kit/texts.mjs";
import { Bones, Button, Field, Form, Preferences, say, Title, Trouble } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { NewPassword, weakness } from "./password.mjs";
import { useWallet } from "./wallet.mjs";

export function Account() {
  const { id } = api.signedIn.get();
  const profile = useLoad((signal) => api.get(`/api/customer/${id}`, {}, { signal }), [id]);
  return html`
    <${Title}>${t("account.title")}<//>
    ${profile.error && html`<${Trouble} error=${profile.error} retry=${profile.reload} />`}
    <div class="columns two">
      <div class="stack">
        ${!profile.data && !profile.error && html`<${Bones} lines=${4} height="3rem" />`}
        ${profile.data && html`<${Profile} of=${profile.data} /><${Card} number=${profile.data.loyaltyCardNumber} />`}
      </div>
      <div class="stack">
        <section class="sheet"><h2>${t("account.reading")}</h2><${Preferences} /></section>
        <${Password} />
        <div><${Button} icon="out" onClick=${api.signOut}>${t("sign-out")}<//></div>
      </div>
    </div>
  `;
}

function Profile({ of }) {
  const wallet = useWallet(), { street, address1, postal, city } = of.address ?? {};
  const joined = (parts, by) => parts.filter(Boolean).join(by);
  const facts = [
    [t("account.name"), name(of)],
    [t("email"), of.email],
    [t("phone"), of.phone],
    [t("account.born"), of.birthDate && date(of.birthDate.slice(0, 10))],
    [t("account.address"), joined([joined([street, address1], " "), joined([postal, city], " ")], ", ")],
    [t("level"), wallet?.levelName],
    [t("account.since"), of.createdAt && date(of.createdAt)],
  ].filter(([, value]) => value);
  return html`
    <section class="sheet">
      <h2>${t("account.profile")}</h2>
      <dl class="facts" style=${{ gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 8.75rem), 1fr))" }}>
        ${facts.map(([term, said]) => html`<div key=${term}><dt>${term}</dt><dd class="name">${said}</dd></div>`)}
      </dl>
      <p class="soft small">${t("account.profile.text")}</p>
    </section>
  `;
}

/** The card, to be scanned at the till. */
function Card({ number }) {
  const [isShown, setShown] = useState(false);
  if (!number) return null;
  return html`
    <section class="sheet">
      <div class="row apart">
        <h2>${t("account.card")}</h2>
        <${Button} aria-expanded=${String(isShown)} onClick=${() => setShown(!isShown)}>
          ${t(isShown ? "account.card.hide" : "account.card.show")}
        <//>
      </div>
      ${isShown && html`<${Code} text=${number} />`}
    </section>
  `;
}

function Password() {
  const [current, setCurrent] = useState(""), [fresh, setFresh] = useState(""), [problems, setProblems] = useState({});
  const [change, { busy, error }] = useAct(async () => {
    const weak = weakness(fresh), found = { currentPassword: current ? undefined : t("field.needed"), plainPassword: weak };
    setProblems(found);
    if (found.currentPassword || weak) return;
    const { username } = api.signedIn.get();
    try {
      await api.post("/api/customer/password/change", { currentPassword: current, plainPassword: fresh });
    } catch (refused) {
      setProblems(refused.fields ?? {});
      throw refused;
    }
    setCurrent("");
    setFresh("");
    say(t("password.changed"));
    await api.signIn(username, fresh); // a new password ends all sessions, this one too
  });
  const isBeside = problems.currentPassword || problems.plainPassword;
  return html`
    <section class="sheet">
      <h2>${t("password.change")}</h2>
      <${Form} onSubmit=${change}>
        <input hidden autocomplete="username" value=${api.signedIn.get()?.username} readonly />
        <${Field} label=${t("password.current")} type="password" value=${current} onInput=${setCurrent} problem=${problems.currentPassword}
          autocomplete="current-password" required />
        <${NewPassword} label=${t("password.new")} value=${fresh} onInput=${setFresh} problem=${problems.plainPassword} />
        ${error && !isBeside && html`<${Trouble} error=${error} />`}
        <div><${Button} kind="main-action" type="submit" busy=${busy}>${t("password.change")}<//></div>
      <//>
    </section>
  `;
}
