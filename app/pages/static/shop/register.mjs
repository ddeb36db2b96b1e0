// Becoming a customer.
import { html, useRef, useState } from "kit/html.mjs";
import { useAct } from "kit/load.mjs";
import { once } from "kit/once.mjs";
import { navigate, to } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Brand, Button, Check, Field, Form, Note, Preferences, Title, Trouble } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { NewPassword, weakness } from "./password.mjs";

const EMPTY = { firstName: "", lastName: "", email: "", phone: "", plainPassword: "", agreement1: false };
const BESIDE = ["firstName", "lastName", "email", "phone", "plainPassword", "agreement1"]; // fields that show their own problems

export function Register() {
  const [person, setPerson] = useState(EMPTY), [problems, setProblems] = useState({}), [waits, setWaits] = useState(null);
  const form = useRef(), [invitation] = useState(() => location.hash.slice(1)); // of who recommended the programme
  const set = (name) => (value) => (setPerson({ ...person, [name]: value }), setProblems({ ...problems, [name]: undefined }));
  const [register, { busy, error }] = useAct(async () => {
    const found = missing(person);
    setProblems(found);
    if (Object.keys(found).length) return focusFirst(form.current);
    const { phone, ...customer } = { ...person, email: person.email.trim() };
    if (phone.trim()) customer.phone = phone.trim();
    if (invitation) customer.invitationToken = invitation;
    try {
      await once(["register", customer.email], (key) => api.post("/api/customer/self_register", { customer }, { key }));
    } catch (refused) {
      setProblems(Object.fromEntries(BESIDE.map((name) => [name, refused.fields?.[name]])));
      focusFirst(form.current);
      throw refused;
    }
    await enter();
  });
  async function enter() {
    try {
      await api.signIn(person.email.trim(), person.plainPassword);
    } catch (refused) {
      if (!refused.status) throw refused;
      if (refused.status !== 400) return setWaits(refused.message); // registered, but not let in
      const { method } = await api.get("/api/settings/activation-method");
      if (method === "sms") return navigate("/activate", {}, { replace: true });
      return setWaits(t("register.waits"));
    }
    navigate("/", {}, { replace: true });
  }
  if (waits) return html`<${Sheet} title=${t("register.done")}><${Note} tone="good" icon="check" role="status">${waits}<//>
    <${Button} href=${to("/")}>${t("sign-in")}<//><//>`;
  const field = (name) => ({ value: person[name], onInput: set(name), problem: problems[name] });
  return html`
    <${Sheet} title=${t("register.title")} text=${t("register.text")}>
      <div ref=${form}>
        <${Form} onSubmit=${register}>
          <div class="fields" style=${{ gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 9rem), 1fr))" }}>
            <${Field} label=${t("first-name")} ...${field("firstName")} autocomplete="given-name" required />
            <${Field} label=${t("last-name")} ...${field("lastName")} autocomplete="family-name" required />
          </div>
          <${Field} label=${t("email")} type="email" ...${field("email")} autocomplete="email" required />
          <${Field} label=${t("phone.optional")} type="tel" ...${field("phone")} autocomplete="tel" />
          <${NewPassword} label=${t("password")} ...${field("plainPassword")} />
          <div>
            <${Check} label=${t("register.agree")} checked=${person.agreement1} onChange=${set("agreement1")} problem=${problems.agreement1} />
          </div>
          ${error && !isBeside(error) && html`<${Trouble} error=${error.status === 403 ? { message: t("register.closed") } : error} />`}
          <${Button} kind="main-action" type="submit" busy=${busy}>${t("register")}<//>
        <//>
      </div>
      <p class="row apart"><span class="soft">${t("register.already")}</span><${Button} href=${to("/")}>${t("sign-in")}<//></p>
    <//>
  `;
}

export const Sheet = ({ title, text, children }) => html`
  <main class="gate" id="content" tabindex="-1">
    <div class="sheet">
      <${Brand} href=${to("/")}>${t("app.name")}<//>
      <${Title} text=${text}>${title}<//>
      ${children}
      <${Preferences} />
    </div>
  </main>
`;

/** What can be seen to be missing without asking anybody. */
function missing(person) {
  const found = {};
  for (const name of ["firstName", "lastName", "email"]) if (!person[name].trim()) found[name] = t("field.needed");
  if (!person.agreement1) found.agreement1 = t("register.agree.needed");
  const weak = weakness(person.plainPassword);
  return weak ? { ...found, plainPassword: weak } : found;
}

const isBeside = (error) => BESIDE.some((name) => error.fields?.[name]);

/** Where something is wrong, the cursor goes: once the problem stands beside its field. */
const focusFirst = (form) => requestAnimationFrame(() => requestAnimationFrame(() => form?.querySelector("[aria-invalid=true]")?.focus()));
