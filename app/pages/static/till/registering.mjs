// A new customer, with the card that was scanned.
import { html, useState } from "kit/html.mjs";
import { useAct } from "kit/load.mjs";
import { navigate, to, usePlace } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Button, Check, Field, Form, Title, Trouble, say } from "kit/ui.mjs";
import { once } from "kit/once.mjs";
import { typed } from "./scanning.mjs";
import { api } from "./seller.mjs";

const FIELDS = ["firstName", "lastName", "email", "phone", "loyaltyCardNumber"];
const INPUT = {
  email: { type: "email", inputmode: "email" },
  phone: { type: "tel", inputmode: "tel" },
};

export function Registering() {
  const { query } = usePlace();
  const [person, setPerson] = useState({ loyaltyCardNumber: query.card ?? "" }), [isAgreed, setAgreed] = useState(false);
  const [missing, setMissing] = useState({});
  const [register, { busy, error }] = useAct(async () => {
    const lacking = whatIsMissing(person, isAgreed);
    setMissing(lacking);
    const first = [...FIELDS, "agreement1"].find((name) => lacking[name]);
    if (first) return void document.querySelector(`[name=${first}]`).focus();
    const customer = { agreement1: true };
    for (const name of FIELDS) if (person[name]?.trim()) customer[name] = person[name].trim();
    const { customerId } = await once(["register", customer], (key) => api.post("/api/seller/customer/register", { customer }, { key }));
    typed.set("");
    say(t("register.done"));
    navigate(`/customer/${customerId}`, {}, { replace: true });
  });
  const refused = error?.fields ?? {};
  const problem = (name) => missing[name] ?? refused[name];
  const field = (name, more) => html`
    <${Field} label=${t(`register.${name}`)} name=${name} value=${person[name]} problem=${problem(name)} autocomplete="off" ...${INPUT[name]} ...${more}
      onInput=${(value) => setPerson((before) => ({ ...before, [name]: value }))} />
  `;
  return html`
    <div class="stack wide" style=${{ width: "min(46rem, 100%)", margin: "0 auto" }}>
      <${Title} back=${[to("/"), t("customer.back")]} text=${t("register.text")}>${t("register.title")}<//>
      <div class="sheet">
        <${Form} onSubmit=${register}>
          <div class="fields">${field("firstName")}${field("lastName")}</div>
          <div class="fields">${field("email", { hint: problem("email") ? null : t("register.either") })}${field("phone")}</div>
          ${field("loyaltyCardNumber")}
          <${Check} label=${t("register.agreement")} name="agreement1" checked=${isAgreed} onChange=${setAgreed} problem=${problem("agreement1")} />
          <${Trouble} error=${Object.keys(refused).length ? null : error} />
          <div class="row end">
            <${Button} href=${to("/")}>${t("cancel")}<//>
            <${Button} kind="main-action" type="submit" busy=${busy}>${t("register.yes")}<//>
          </div>
        <//>
      </div>
    </div>
  `;
}

function whatIsMissing(person, isAgreed) {
  const has = (name) => Boolean(person[name]?.trim());
  const lacking = {};
  for (const name of ["firstName", "lastName"]) if (!has(name)) lacking[name] = t(`register.missing.${name}`);
  if (!has("email") && !has("phone")) lacking.email = t("register.missing.email");
  if (!isAgreed) lacking.agreement1 = t("register.missing.agreement");
  return lacking;
}
