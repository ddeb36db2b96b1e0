// What a seller must know while there is no line.
import { html } from "kit/html.mjs";
import { useAct } from "kit/load.mjs";
import { t } from "kit/texts.mjs";
import { Button, Note } from "kit/ui.mjs";
import { tryLine, useOffline } from "./seller.mjs";

export function OfflineNote() {
  const isOffline = useOffline();
  const [tryNow, { busy }] = useAct(tryLine);
  if (!isOffline) return null;
  return html`
    <${Note} tone="warn" icon="offline" role="alert">
      <div class="row apart">
        <p class="grow"><span class="strong">${t("offline")}</span> ${t("offline.text")}</p>
        <${Button} busy=${busy} onClick=${tryNow}>${t("retry")}<//>
      </div>
    <//>
  `;
}
