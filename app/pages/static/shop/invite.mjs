// Inviting somebody by mail, who then registers as recommended.
import { html, useState } from "kit/html.mjs";
import { useAct } from "kit/load.mjs";
import { once } from "kit/once.mjs";
import { t } from "kit/texts.mjs";
import { Button, Field, Form, Note, Trouble } from "kit/ui.mjs";
import { api } from "./api.mjs";

export function Invite() {
  const [address, setAddress] = useState(""), [missing, setMissing] = useState(null), [invited, setInvited] = useState(null);
  const [invite, { busy, error }] = useAct(async () => {
    const recipientEmail = address.trim();
    setMissing(recipientEmail ? null : t("field.needed"));
    setInvited(null);
    if (!recipientEmail) return;
    await once(["invite", api.signedIn.get().login, recipientEmail], (key) => api.post("/api/invitations/invite", { invitation: { recipientEmail } }, { key }));
    setInvited(recipientEmail);
    setAddress("");
  });
  return html`
    <section class="sheet"><h2>${t("invite.title")}</h2>
      <p class="soft">${t("invite.text")}</p>
      <${Form} onSubmit=${invite}>
        <${Field} label=${t("invite.address")} type="email" value=${address} onInput=${setAddress} problem=${missing || error?.fields?.recipientEmail} autocomplete="off" />
        ${error && !error.fields?.recipientEmail && html`<${Trouble} error=${error} />`}
        ${invited && html`<${Note} tone="good" icon="check" role="status">${t("invite.sent", { address: invited })}<//>`}
        <div class="row end"><${Button} kind="main-action" type="submit" busy=${busy}>${t("invite.send")}<//></div>
      <//>
    </section>
  `;
}
