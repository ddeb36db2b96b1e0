// A form in a dialog: fields by their names, what is wrong beside each, sent once.
import { html, useState } from "kit/html.mjs";
import { useAct } from "kit/load.mjs";
import { once } from "kit/once.mjs";
import { t } from "kit/texts.mjs";
import { Button, Check, Dialog, Field, Form, Trouble } from "kit/ui.mjs";
import { api } from "./api.mjs";

/**
 * `first` are the values that it begins with, `send(values, key)` sends them with that Idempotency-Key, `onDone(answer)` follows.
 * `children({field, check, values})` draws it: `field(name, label, more)` and `check(name, label)`. `wire` says what the service calls a
 * field, where that is something else; `about` tells two forms of one title apart.
 */
export function FormDialog({ title, about, first, send, yes, wire = {}, onClose, onDone, children }) {
  const [values, setValues] = useState(first);
  const [submit, { busy, error }] = useAct(async () => {
    const meant = [title, about, api.signedIn.get().login, { ...values, plainPassword: undefined }]; // which is kept nowhere
    onDone(await once(meant, (key) => send(values, key)));
  });
  const set = (name, value) => setValues({ ...values, [name]: value });
  const problem = (name) => error?.fields?.[wire[name] ?? name];
  const field = (name, label, more = {}) => html`<${Field} label=${label} value=${values[name]} problem=${problem(name)} onInput=${(value) => set(name, value)} ...${more} />`;
  const check = (name, label) => html`<${Check} label=${label} checked=${values[name]} problem=${problem(name)} onChange=${(value) => set(name, value)} />`;
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <${Form} onSubmit=${submit}>
        ${children({ field, check, values })}
        <${Trouble} error=${error} />
        <div class="row end">
          <${Button} onClick=${onClose}>${t("cancel")}<//>
          <${Button} kind="main-action" type="submit" busy=${busy}>${yes ?? t("save")}<//>
        </div>
      <//>
    <//>
  `;
}
