// A new campaign: first what it is to do, then its document with that begun.
import { html, useMemo } from "kit/html.mjs";
import { to, useQuery } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Button, Icon, Title } from "kit/ui.mjs";
import { BEGINNINGS } from "./document.mjs";
import { Editor } from "./editor.mjs";

const PURPOSES = [["sale", "cart"], ["draw", "wheel"], ["interaction", "spark"], ["event", "steps"], ["basket", "till"], ["referral", "people"], ["signup", "plus"]];

export function NewCampaign() {
  const [{ purpose }] = useQuery();
  const begun = useMemo(() => BEGINNINGS[purpose]?.(t), [purpose]);
  if (!begun) return html`<${Purposes} />`;
  return html`
    <${Title} back=${[to("/campaigns/new"), t("new.other")]}>${t(`new.${purpose}`)}<//>
    <${Editor} key=${purpose} begun=${begun} />
  `;
}

const Purposes = () => html`
  <${Title} back=${[to("/campaigns"), t("menu.campaigns")]} text=${t("new.text")}>${t("new-campaign")}<//>
  <div class="tiles">
    ${PURPOSES.map(
      ([purpose, icon]) => html`
        <a class="tile" key=${purpose} href=${to("/campaigns/new", { purpose })}>
          <div class="body">
            <span class="badge accent" style=${{ alignSelf: "flex-start", padding: "0.5rem" }}><span style=${{ width: "1.25rem" }}><${Icon} name=${icon} /></span></span>
            <h2>${t(`new.${purpose}`)}</h2>
            <p class="soft">${t(`new.${purpose}.text`)}</p>
          </div>
        </a>`,
    )}
  </div>
  <p><${Button} kind="plain" href="/docs">${t("new.as-document")}<//></p>
`;
