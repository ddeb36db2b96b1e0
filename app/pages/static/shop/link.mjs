// What a link in a mail leads to: choosing a new password, activating an account; and asking for such a link.
import { html, useState } from "kit/html.mjs";
import { useAct } from "kit/load.mjs";
import { to } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Button, Field, Form, Note, Trouble } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { NewPassword, weakness } from "./password.mjs";
import { Sheet } from "./register.mjs";

// Behind the # it is sent to no server, and stands in no log.
const useToken = () => useState(() => location.hash.slice(1))[0];
const SignIn = () => html`<${Button} href=${to("/")}>${t("sign-in")}<//>`;
const Done = ({ text }) => html`<${Note} tone="good" icon="check" role="status">${text}<//>`;

export function Forgotten() {
  const [username, setUsername] = useState(""), [isSent, setSent] = useState(false);
  const [ask, { busy, error }] = useAct(async () => {
    await api.post("/api/customer/password/reset/request", { username: username.trim() });
    setSent(true);
  });
  return html`
    <${Sheet} title=${t("forgotten.title")} text=${isSent ? undefined : t("forgotten.text")}>
      ${isSent ? html`<${Done} text=${t("forgotten.sent")} />` : html`
        <${Form} onSubmit=${ask}>
          <${Field} label=${t("sign-in.name")} value=${username} onInput=${setUsername} autocomplete="username" required />
          ${error && html`<${Trouble} error=${error} />`}
          <${Button} kind="main-action" type="submit" busy=${busy}>${t("forgotten.send")}<//>
        <//>`}
      <${SignIn} />
    <//>
  `;
}

export function Reset() {
  const token = useToken();
  const [password, setPassword] = useState(""), [problem, setProblem] = useState(), [isDone, setDone] = useState(false);
  const [change, { busy, error }] = useAct(async () => {
    const weak = weakness(password);
    setProblem(weak);
    if (weak) return;
    await api.post("/api/password/reset", { token, reset: { plainPassword: password } });
    setDone(true);
  });
  return html`
    <${Sheet} title=${t("reset.title")}>
      ${isDone ? html`<${Done} text=${t("reset.done")} />` : html`
        <${Form} onSubmit=${change}>
          <${NewPassword} label=${t("reset.password")} value=${password} problem=${problem}
            onInput=${(value) => (setPassword(value), setProblem())} />
          ${error && html`<${Trouble} error=${error} />`}
          <${Button} kind="main-action" type="submit" busy=${busy}>${t("reset.change")}<//>
        <//>`}
      <${SignIn} />
    <//>
  `;
}

export const Activate = () => (useToken() ? html`<${ByLink} />` : html`<${ByCode} />`);

/** With the code that was sent; whoever has lost it asks for another with the phone. */
function ByCode() {
  const [code, setCode] = useState(""), [phone, setPhone] = useState(""), [isDone, setDone] = useState(false);
  const [isAsking, setAsking] = useState(false), [isSent, setSent] = useState(false);
  const [activate, { busy, error }] = useAct(async () => {
    await api.post(`/api/customer/activate-sms/${encodeURIComponent(code.replace(/\s/g, ""))}`);
    setDone(true);
  });
  const [ask, asked] = useAct(async () => {
    await api.post("/api/customer/customer-phone/send-sms-code", { phone: phone.trim() });
    setAsking(false);
    setSent(true);
  });
  if (isDone) return html`<${Sheet} title=${t("activate.title")}><${Done} text=${t("activate.done")} /><${SignIn} /><//>`;
  return html`
    <${Sheet} title=${t("activate.title")} text=${t("activate.code.text")}>
      ${isSent && html`<${Done} text=${t("activate.code.sent")} />`}
      ${isAsking ? html`
        <${Form} onSubmit=${ask}>
          <${Field} label=${t("phone")} type="tel" value=${phone} onInput=${setPhone} autocomplete="tel" required />
          ${asked.error && html`<${Trouble} error=${asked.error} />`}
          <${Button} kind="main-action" type="submit" busy=${asked.busy}>${t("activate.code.send")}<//>
        <//>` : html`
        <${Form} onSubmit=${activate}>
          <${Field} label=${t("activate.code")} value=${code} onInput=${setCode} inputmode="numeric" autocomplete="one-time-code" required />
          ${error && html`<${Trouble} error=${error} />`}
          <${Button} kind="main-action" type="submit" busy=${busy}>${t("activate.do")}<//>
        <//>
        <${Button} onClick=${() => setAsking(true)}>${t("activate.code.again")}<//>`}
      <${SignIn} />
    <//>
  `;
}

function ByLink() {
  const token = useToken();
  const [isDone, setDone] = useState(false);
  const [activate, { busy, error }] = useAct(async () => {
    await api.post(`/api/customer/activate/${encodeURIComponent(token)}`);
    setDone(true);
  });
  // Programs that look at links before people do must not follow this one: it takes a click.
  return html`
    <${Sheet} title=${t("activate.title")} text=${isDone ? undefined : t("activate.text")}>
      ${isDone ? html`<${Done} text=${t("activate.done")} />` : html`
        ${error && html`<${Trouble} error=${error} />`}
        <${Button} kind="main-action" onClick=${activate} busy=${busy}>${t("activate.do")}<//>`}
      ${(isDone || error) && html`<${SignIn} />`}
    <//>
  `;
}
