// A code to be read by people and by scanners.
import { generate } from "lean-qr";
import { html, useMemo } from "kit/html.mjs";
import { t } from "kit/texts.mjs";

export function Code({ text, large = true }) {
  const drawn = useMemo(() => drawing(text), [text]);
  return html`
    <div class="code">
      ${drawn && html`<svg viewBox=${`0 0 ${drawn.size} ${drawn.size}`} role="img" aria-label=${t("qr", { text })} shape-rendering="crispEdges"><rect width=${drawn.size} height=${drawn.size} fill="#fff" /><path d=${drawn.path} fill="#14121f" /></svg>`}
      <div class="text" dir="ltr" data-code>${text}</div>
    </div>
  `;
}

const QUIET = 4;
/** The path of a QR code's dark squares, with the quiet zone that scanners need; null for what is too long for one. */
function drawing(text) {
  try {
    const code = generate(text);
    let path = "";
    for (let y = 0; y < code.size; y += 1) for (let x = 0; x < code.size; x += 1) if (code.get(x, y)) path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
    return { path, size: code.size + 2 * QUIET };
  } catch {
    return null;
  }
}
