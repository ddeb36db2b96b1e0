// Why something cannot be had now, in the reader's words.
import { whyNot } from "kit/campaign.mjs";
import { html } from "kit/html.mjs";
import { t } from "kit/texts.mjs";
import { Note } from "kit/ui.mjs";

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
