// Who changed what of a campaign, and when; and back to what it was.
import { html } from "kit/html.mjs";
import { dateTime } from "kit/format.mjs";
import { useAct } from "kit/load.mjs";
import { Reading, useReading } from "kit/reading.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, Trouble, confirm, say } from "kit/ui.mjs";
import { api, campaignPath } from "./api.mjs";
import { changeText } from "./words.mjs";

export function History({ campaign, etag, onChanged }) {
  const reading = useReading(api, campaignPath(campaign.state.id, "/revisions"), "revisions", { mark: "revision" });
  const [restore, { busy, error }] = useAct(async (revision) => {
    const path = campaignPath(campaign.state.id, `/revisions/${revision}/restore`);
    const { data: plan } = await api.call("POST", `${path}?dry_run=true`, { ifMatch: etag });
    const points = [...plan.problems, ...plan.refused, ...plan.warnings].map((it) => it.message);
    const isPossible = plan.problems.length + plan.refused.length === 0;
    const question = { title: t("history.restore.title", { revision }), text: isPossible ? t("history.restore.text") : t("history.impossible"), points: [...plan.differences.map((it) => changeText(it.text)), ...points], yes: t("history.restore") };
    if (!(await confirm(question)) || !isPossible) return;
    onChanged(await api.call("POST", path, { ifMatch: etag }));
    say(t("history.restored", { revision }), "good");
  });
  return html`
    <section class="sheet" aria-label=${t("part.history")}>
      <${Trouble} error=${error} />
      <${Reading} of=${reading}>${(revisions) => html`
        <ol class="list">${revisions.map(
          (it) => html`
            <li key=${it.revision} class="top">
              <div class="grow stack tight">
                <div class="row tight"><${Badge} tone="accent">${t("revision.number", { n: it.revision })}<//><span class="soft small">${dateTime(it.at)} · <span class="name">${it.by.name ?? t(`by.${it.by.kind}`)}</span></span></div>
                <ul>${it.differences.map((text, i) => html`<li key=${i} class="name">${changeText(text)}</li>`)}</ul>
              </div>
              ${it.revision !== campaign.state.revision && html`<${Button} busy=${busy} onClick=${() => restore(it.revision)} aria-label=${t("history.restore.number", { n: it.revision })}>${t("history.restore")}<//>`}
            </li>`,
        )}</ol>
      `}<//>
    </section>
  `;
}
