// What was asked, and no answer came: it may have been done. Asking again is safe.
import { html } from "kit/html.mjs";
import { t } from "kit/texts.mjs";
import { Note } from "kit/ui.mjs";
import { Action } from "./action.mjs";

export const Unanswered = ({ text, busy, onAsk }) => html`
  <${Note} tone="warn" icon="offline" role="alert">
    <p class="strong">${t("unanswered")}</p>
    <p>${text}</p>
  <//>
  <${Action} kind="main-action" class="big" busy=${busy} onClick=${onAsk}>${t("unanswered.ask")}<//>
`;
