// What is counted, how far one has come, and what it earns.
import { html } from "kit/html.mjs";
import { number, priced } from "kit/format.mjs";
import { t } from "kit/texts.mjs";
import { Progress } from "kit/ui.mjs";
import { Hindrances } from "./reasons.mjs";
import { Rewards } from "./rewards.mjs";

export function Collect({ campaign }) {
  return html`
    <section class="sheet">
      <h2>${t("collect.title")}</h2>
      <p class="soft">${t("how.collect")}</p>
      ${campaign.behaviors.map((behavior, i) => html`<${Behavior} key=${i} of=${behavior} />`)}
      ${campaign.rewards.length > 0 && html`<h3>${t("gives")}</h3><${Rewards} of=${campaign.rewards} />`}
      ${!campaign.opt_in.required && html`<${Hindrances} of=${campaign} />`}
    </section>
  `;
}

function Behavior({ of }) {
  const { achieved: times, times_max: max } = of;
  const achieved = max === null ? t("collect.achieved", { n: times, times }) : t("collect.achieved-of", { n: max, times, max });
  return html`
    <div class="stack tight">
      <${Progress} label=${of.name} done=${of.counted} of=${of.wanted} text=${counts(of)} />
      <p class="row apart small soft"><span>${achieved}</span><${Earns} points=${of.points} /></p>
      ${of.goals.length > 1 && html`<${Goals} of=${of.goals} />`}
    </div>
  `;
}

const Goals = ({ of }) => html`
  <ul class="stack tight" style=${{ paddingLeft: "var(--s4)" }}>${of.map((goal, i) => html`<${Goal} key=${i} of=${goal} />`)}</ul>
`;

const Goal = ({ of }) => html`
  <li>
    <${Progress} label=${inWords(of.event_name)} done=${of.counted} of=${of.wanted} text=${counts(of)} />
    <${Earns} points=${of.points} />
  </li>
`;

const Earns = ({ points }) =>
  Number(points) > 0 ? html`<span class="small strong good">${t("collect.earns", { points: priced(points) })}</span>` : null;

const counts = (it) => `${number(it.counted)} / ${number(it.wanted)}`;
/** Events are named for programs: `see-the-oven`. */
const inWords = (name) => name.replace(/[-_]+/g, " ");
