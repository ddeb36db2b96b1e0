// Why something cannot be had now, in the reader's words.
import { html } from "kit/html.mjs";
import { whyNot } from "kit/campaign.mjs";
import { Note, Trouble } from "kit/ui.mjs";
import { inWords, t } from "kit/texts.mjs";

/** Every reason why not now; said aloud after it was tried. */
export function Hindrances({ of, tried }) {
  if (of.may_have) return null;
  return html`
    <${Note} tone="warn" icon="clock" role=${tried ? "alert" : undefined}>
      <p class="strong">${t("not-now")}</p>
      <ul>${[...new Set(of.reasons.map(whyNot))].map((said) => html`<li key=${said} class="name">${said}</li>`)}</ul>
    <//>
  `;
}

/** What the service refused. It tells programs a code or its English sentence; readers get their own. */
export function Refused({ error, retry }) {
  if (!error) return null;
  const [first, ...others] = error.reasons ?? [];
  if (!first) return html`<${Trouble} error=${said(error)} retry=${retry} />`;
  return html`
    <${Note} tone="bad" icon="alert" role="alert">
      <p>${whyNot(first)}</p>
      ${others.length > 0 && html`<ul>${others.map((reason) => html`<li key=${reason.code}>${whyNot(reason)}</li>`)}</ul>`}
    <//>
  `;
}

/** The problems of one field, in the reader's words. */
export const problemOf = (error, field) => (error?.fields?.[field] ?? []).map(inWords).join(" ") || undefined;

const said = (error) => ({ message: inWords(error.message), problems: error.problems });
