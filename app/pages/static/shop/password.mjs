// What a new password must have; said before it is sent, beside the field.
import { html, useState } from "kit/html.mjs";
import { t } from "kit/texts.mjs";
import { Button, Field } from "kit/ui.mjs";

const RULES = [
  ["length", (password) => [...password].length >= 8],
  ["letters", (password) => password.toLowerCase() !== password && password.toUpperCase() !== password],
  ["digit", (password) => /\d/.test(password)],
  ["sign", (password) => /[^\p{L}\p{N}]/u.test(password)],
];

/** What is missing, as a sentence; undefined when nothing is. */
export function weakness(password) {
  const [broken] = RULES.filter(([, holds]) => !holds(password));
  return broken && t(`password.${broken[0]}`);
}

/** A field for a new password, which can be looked at. */
export function NewPassword({ label, value, onInput, problem }) {
  const [seen, setSeen] = useState(false);
  return html`
    <div class="row tight" style=${{ alignItems: "flex-start", flexWrap: "nowrap" }}>
      <div class="grow">
        <${Field} label=${label} type=${seen ? "text" : "password"} value=${value} onInput=${onInput}
          hint=${t("password.rule")} problem=${problem} autocomplete="new-password" required />
      </div>
      <div style=${{ paddingTop: "1.4rem" }}>
        <${Button} kind="plain" aria-pressed=${String(seen)} onClick=${() => setSeen(!seen)}>${t("password.show")}<//>
      </div>
    </div>
  `;
}
