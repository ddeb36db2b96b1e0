// Who sells at this till, in which language, and how to leave.
import { html } from "kit/html.mjs";
import { navigate } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Button, Dialog, Preferences, confirm } from "kit/ui.mjs";
import { isPending, sales } from "./sales.mjs";
import { api } from "./seller.mjs";

/** Ask before somebody leaves sales behind that have no answer yet. */
export async function mayLeave() {
  const waiting = sales.get().filter(isPending).length;
  return !waiting || confirm({ title: t("leave.title"), text: t("leave.text", { n: waiting }), yes: t("sign-out"), danger: true });
}

export function SellerMenu({ session, onClose }) {
  async function leave() {
    onClose();
    if (!(await mayLeave())) return;
    await navigate("/"); // the next seller begins with the next customer
    await api.signOut();
  }
  return html`
    <${Dialog} title=${t("menu.title")} onClose=${onClose}>
      <p class="soft name">${t("signed-in-as", { username: session.username })}</p>
      <${Preferences} />
      <div class="row end"><${Button} icon="out" onClick=${leave}>${t("sign-out")}<//></div>
    <//>
  `;
}
