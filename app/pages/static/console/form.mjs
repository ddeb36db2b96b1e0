// A form in a dialog: fields by their names, what is wrong beside each, sent once.
import { html, useEffect, useRef, useState } from "kit/html.mjs";
import { useAct } from "kit/load.mjs";
import { once } from "kit/once.mjs";
import { t } from "kit/texts.mjs";
import { Button, Check, Dialog, Field, Form, Trouble } from "kit/ui.mjs";
import { api } from "./api.mjs";

/** Whether all that is wrong stands beside the fields that were drawn. */
const isBeside = (error, drawn) => {
  const wrong = Object.keys(error?.fields ?? {});
  return wrong.length > 0 && wrong.every((name) => drawn.has(name));
};

/**
 * `first` are the values that it begins with, `send(values, key)` sends them with that Idempotency-Key, `onDone(answer)` follows.
 * `children({field, check, values})` draws it: `field(name, label, more)` and `check(name, label)`. `wire` says what the service calls a
 * field, where that is something else; `about` tells two forms of one title apart.
 */
export function FormDialog({ title, about, first, send, yes, wire = {}, onClose, onDone, children }) {
  const [values, setValues] = useState(first);
  const passwords = useRef([]), drawn = new Set();
  const [submit, { busy, error }] = useAct(async () => {
    // A password is kept nowhere but here: another one is another wish.
    if (!passwords.current.includes(values.plainPassword)) passwords.current.push(values.plainPassword);
    const plainPassword = passwords.current.indexOf(values.plainPassword);
    onDone(await once([title, about, api.signedIn.get().login, { ...values, plainPassword }], (key) => send(values, key)));
  });
  // Where something is wrong, the cursor goes, and what is wrong is read out with the field.
  useEffect(() => document.querySelector("dialog[open] [aria-invalid=true]")?.focus(), [error]);
  const set = (name, value) => setValues((before) => ({ ...before, [name]: value }));
  const problem = (name) => (drawn.add(wire[name] ?? name), error?.fields?.[wire[name] ?? name]);
  const field = (name, label, more = {}) => html`<${Field} label=${label} value=${values[name]} problem=${problem(name)} onInput=${(value) => set(name, value)} ...${more} />`;
  const check = (name, label) => html`<${Check} label=${label} checked=${values[name]} problem=${problem(name)} onChange=${(value) => set(name, value)} />`;
  return html`
    <${Dialog} title=${title} onClose=${onClose}>
      <${Form} onSubmit=${submit}>
        ${children({ field, check, values })}
        ${!isBeside(error, drawn) && html`<${Trouble} error=${error} />`}
        <div class="row end">
          <${Button} onClick=${onClose}>${t("cancel")}<//>
          <${Button} kind="main-action" type="submit" busy=${busy}>${yes ?? t("save")}<//>
        </div>
      <//>
    <//>
  `;
}
