// How every application begins.
import { html, render } from "kit/html.mjs";
import { speak } from "kit/texts.mjs";
import { applyTheme } from "kit/ui.mjs";

export async function start(Application) {
  applyTheme();
  await speak();
  render(html`<${Application} />`, document.getElementById("app"));
}
