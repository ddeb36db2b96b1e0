// The doors to the applications, and to the manual.
import { html } from "kit/html.mjs";
import { start } from "kit/start.mjs";
import { t, useLanguage } from "kit/texts.mjs";
import { Brand, Icon, Preferences, useTitle } from "kit/ui.mjs";

const DOORS = [["/console", "chart", "console"], ["/till", "till", "till"], ["/shop", "gift", "shop"], ["/docs", "list", "manual"]];

function Home() {
  useLanguage();
  useTitle(() => t("home.title"));
  return html`
    <main class="gate">
      <div class="stack wide" style=${{ width: "min(60rem, 100%)" }}>
        <div class="stack tight">
          <${Brand} href="/">Guerdon<//>
          <h1 class="display">${t("home.title")}</h1>
          <p class="soft large">${t("home.text")}</p>
        </div>
        <div class="tiles">
          ${DOORS.map(
            ([href, icon, name]) => html`
              <a class="tile" href=${href} key=${name}>
                <div class="body">
                  <span class="badge accent" style=${{ alignSelf: "flex-start" }}><span style=${{ width: "1rem" }}><${Icon} name=${icon} /></span>${t(`home.${name}.who`)}</span>
                  <h2>${t(`home.${name}`)}</h2>
                  <p class="soft">${t(`home.${name}.text`)}</p>
                </div>
              </a>`,
          )}
        </div>
        <${Preferences} />
      </div>
    </main>
  `;
}

start(Home);
