// A wheel whose segments are as wide as what they stand for is likely.
import { html, useEffect } from "kit/html.mjs";
import { percent } from "kit/format.mjs";
import { wantsLessMotion } from "kit/room.mjs";
import { t } from "kit/texts.mjs";
import { mark } from "./campaign.mjs";

const COLOURS = ["#5236c9", "#0f766e", "#b3406f", "#1d4f91", "#9a5210", "#3f6b1f"];
const NOTHING = "#4a4560";
const TURNS = 6, SECONDS = 5;
const WIDE_ENOUGH = 0.045; // for a word on it

/** What lies on the wheel: `[{title, part, colour, mark, from}]`, parts of 1. Of a draw that was made, what could be drawn then. */
export function segmentsOf({ rewards, currency }, draw) {
  const candidates = draw ? draw.candidates : rewards.filter((it) => it.open).map((it) => ({ method: it.method, weight: it.odds }));
  const possible = candidates.filter((it) => it.weight > 0), whole = possible.reduce((sum, it) => sum + it.weight, 0);
  let from = 0;
  return possible.map(({ method, title, weight }) => {
    const known = rewards.findIndex((it) => it.method === method), reward = rewards[known] ?? { kind: "coupon", title };
    const part = weight / whole;
    return { ...reward, colour: colourOf(reward, known), part, mark: mark(reward, currency), isDrawn: method === draw?.drawn, from: (from += part) - part };
  });
}

const colourOf = (reward, i) => (reward.kind === "nothing" ? NOTHING : COLOURS[Math.max(0, i) % COLOURS.length]);

/** Where the wheel stands when the drawn segment is under the pointer, some turns after `before`. It never stops on a border. */
export function angleOf(segments, before) {
  const it = segments.find((segment) => segment.isDrawn) ?? segments[0];
  const place = it.from + it.part * (0.25 + 0.5 * Math.random());
  return (Math.floor(before / 360) + TURNS) * 360 + (1 - place) * 360;
}

/** The wheel at an angle; `onStopped` is called when it stands there. */
export function Turning({ segments, angle, onStopped }) {
  const still = wantsLessMotion();
  useEffect(() => {
    if (!onStopped) return undefined;
    // A tab that is not looked at may not turn anything.
    const timer = setTimeout(onStopped, still ? 0 : SECONDS * 1_000 + 300);
    return () => clearTimeout(timer);
  }, [onStopped]);
  const slowing = `transform ${SECONDS}s cubic-bezier(0.12, 0.72, 0.08, 1)`;
  const turned = { transform: `rotate(${angle}deg)`, transition: still ? "none" : slowing };
  return html`
    <svg viewBox="-112 -122 224 236" aria-hidden="true" style=${{ width: "min(26rem, 100%, 44vh)", height: "auto" }}>
      <circle r="108" style=${{ fill: "light-dark(#1c1830, #3a3160)" }} />
      <circle r="101" fill="none" stroke="#ffffff22" stroke-width="1" />
      ${LAMPS.map(([x, y], i) => html`<circle key=${i} cx=${x} cy=${y} r="1.9" fill=${i % 2 ? "#f0bd68" : "#fff4dc"} />`)}
      <g style=${turned}>
        ${segments.length === 1
          ? html`<circle r="98" fill=${segments[0].colour} />`
          : segments.map((it, i) => html`<path key=${i} d=${slice(it)} fill=${it.colour} stroke="#1c1830" stroke-width="1" />`)}
        ${segments.filter((it) => it.part >= WIDE_ENOUGH).map((it, i) => html`<${Mark} key=${i} of=${it} />`)}
      </g>
      <circle r="19" fill="#1c1830" /><circle r="16" fill="#fff" />
      <path fill="#5236c9" d=${STAR} />
      <path d="M-11 -119h22l-11 26z" fill="#f0bd68" stroke="#1c1830" stroke-width="2.5" stroke-linejoin="round" />
    </svg>
  `;
}

const Mark = ({ of }) => html`
  <text transform=${`rotate(${360 * (of.from + of.part / 2)}) translate(0 -68)`} text-anchor="middle" dominant-baseline="middle"
    fill="#fff" font-size="15" font-weight="700">${of.mark}</text>
`;

/** Where one is after a part of the way around, clockwise from the top. */
const pointAt = (part, radius) => {
  const turned = 2 * Math.PI * part;
  return [radius * Math.sin(turned), -radius * Math.cos(turned)].map((it) => it.toFixed(3));
};
const LAMPS = Array.from({ length: 24 }, (_, i) => pointAt(i / 24, 103));
const STAR = "M0-9.1l2.6 5.9 6.4.6-4.8 4.3 1.4 6.3L0 4.7l-5.6 3.3 1.4-6.3L-9-2.6l6.4-.6z";
const onRim = (part) => pointAt(part, 98).join(" ");
const slice = ({ from, part }) => `M0 0L${onRim(from)}A98 98 0 ${part > 0.5 ? 1 : 0} 1 ${onRim(from + part)}Z`;

/** What can be won, and how likely that is; with the colours and marks of the wheel. */
export function Chances({ rewards, currency }) {
  return html`
    <section class="sheet">
      <h2>${t("chances")}</h2>
      <ul class="list">
        ${rewards.map(
          (reward, i) => html`
            <li key=${i} style=${{ flexWrap: "nowrap" }}>
              <span aria-hidden="true" style=${{ ...SWATCH, background: colourOf(reward, i) }}>${mark(reward, currency)}</span>
              <span class="grow name">${reward.title}</span>
              <span class="number strong">${reward.open && reward.odds > 0 ? percent(reward.odds) : t("chances.none")}</span>
            </li>`,
        )}
      </ul>
      <p class="soft small">${t("chances.text")}</p>
    </section>
  `;
}
const SWATCH = {
  minWidth: "2.25rem", height: "2.25rem", padding: "0 0.25rem", borderRadius: "var(--round)", color: "#fff",
  display: "grid", placeItems: "center",
  fontSize: "var(--small)", fontWeight: 700, flex: "none",
};
