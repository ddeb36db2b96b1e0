// What a campaign gives.
import { html } from "kit/html.mjs";
import { Icon } from "kit/ui.mjs";

export const Rewards = ({ of }) => html`
  <ul class="list">
    ${of.map(
      (reward, i) => html`
        <li key=${i} style=${{ flexWrap: "nowrap" }}>
          <span style=${{ width: "1.25rem", flex: "none" }}><${Icon} name="gift" /></span><span class="grow name">${reward.title}</span>
        </li>`,
    )}
  </ul>
`;
