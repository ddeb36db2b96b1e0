// How every application begins.
import { html, render } from "kit/html.mjs";
import { speak } from "kit/texts.mjs";
import { applyTheme } from "kit/ui.mjs";

const SOON = 150; // milliseconds

export async function start(Application) {
  applyTheme();
  await speak();
  const place = document.getElementById("app");
  keepFocus(place);
  render(html`<${Application} />`, place);
}

/** What had the focus may go away; then the dialog that is open has it, or else the content: never nobody, for whom no key works. */
function keepFocus(place) {
  let last = null;
  addEventListener("focusin", (event) => (last = event.target));
  const look = () => {
    if (document.activeElement !== document.body || !last || last.isConnected) return;
    const dialogs = document.querySelectorAll("dialog[open]");
    (dialogs[dialogs.length - 1] ?? document.getElementById("content"))?.focus({ preventScroll: true });
  };
  let timer = null;
  const lookSoon = () => {
    clearTimeout(timer);
    timer = setTimeout(look, SOON); // whoever took it away may give it to somebody
  };
  new MutationObserver(lookSoon).observe(place, { childList: true, subtree: true });
}
