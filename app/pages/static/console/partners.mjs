// What other systems open with: chains, their apps, and partners' access tokens.
import { html, useState } from "kit/html.mjs";
import { dateTime } from "kit/format.mjs";
import { useAct, useLoad } from "kit/load.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, Empty, Loaded, Note, Title, Trouble, confirm, say } from "kit/ui.mjs";
import { api } from "./api.mjs";
import { FormDialog } from "./form.mjs";

export function Partners() {
  const found = useLoad((signal) => Promise.all([api.get("/api/chain", {}, { signal }), api.get("/api/app", {}, { signal }), api.get("/api/accessToken", {}, { signal })]));
  return html`
    <${Title} text=${t("partners.text")}>${t("menu.partners")}<//>
    <${Loaded} of=${found}>${([{ chains }, { apps }, { tokens }]) => html`
      <${Chains} chains=${chains} />
      <${Apps} apps=${apps} chains=${chains} reload=${found.reload} />
      <${Tokens} tokens=${tokens} apps=${apps} reload=${found.reload} />
    `}<//>
  `;
}

const Chains = ({ chains }) => html`
  <section class="sheet">
    <h2>${t("chains")}</h2>
    <ul class="list">${chains.map((it) => html`<li key=${it.chainId}><div class="grow"><p class="name strong">${it.name}</p><p class="small soft">${it.timeZone} · ${it.currency}</p></div><span class="soft">${t("chain.number", { n: it.chainId })}</span></li>`)}</ul>
  </section>
`;

function Apps({ apps, chains, reload }) {
  const [isNew, setNew] = useState(false);
  const named = Object.fromEntries(chains.map((it) => [it.chainId, it.name]));
  const [close, { error }] = useAct(async (it) => {
    if (!(await confirm({ title: t("app.close.title", { name: it.hostname }), text: t("app.close.text"), yes: t("app.close"), danger: true }))) return;
    await api.delete(`/api/app/${encodeURIComponent(it.hostname)}`);
    reload();
  });
  return html`
    <section class="sheet">
      <div class="row apart"><h2>${t("apps")}</h2><${Button} icon="plus" onClick=${() => setNew(true)}>${t("app.new")}<//></div>
      <${Trouble} error=${error} />
      ${apps.length === 0 && html`<${Empty} title=${t("apps.none")} />`}
      <ul class="list">${apps.map(
        (it) => html`<li key=${it.hostname}><div class="grow"><p class="name strong">${it.hostname}</p><p class="small soft">${t("app.key")} <span class="mono">${it.apiKey}</span></p></div><span class="soft name">${named[it.chainId] ?? t("app.closed")}</span>${it.chainId && html`<${Button} kind="plain" onClick=${() => close(it)} aria-label=${t("app.close.what", { name: it.hostname })}>${t("app.close")}<//>`}</li>`,
      )}</ul>
      ${isNew && html`<${AppForm} chains=${chains} onClose=${() => setNew(false)} onDone=${() => (setNew(false), reload())} />`}
    </section>
  `;
}

function AppForm({ chains, onClose, onDone }) {
  async function save({ hostname, chainId }) {
    await api.put(`/api/app/${encodeURIComponent(hostname.trim())}`, { app: { chainId: Number(chainId) } });
    say(t("saved"), "good");
  }
  return html`
    <${FormDialog} title=${t("app.new")} first=${{ hostname: "", chainId: chains[0]?.chainId }} send=${save} onClose=${onClose} onDone=${onDone}>
      ${({ field }) => html`
        ${field("hostname", t("app.hostname"), { hint: t("app.hostname.hint"), autofocus: true, required: true })}
        ${field("chainId", t("chain"), { as: "select", options: chains.map((it) => [it.chainId, it.name]) })}
      `}
    <//>
  `;
}

function Tokens({ tokens, apps, reload }) {
  const [isNew, setNew] = useState(false), [made, setMade] = useState(null);
  const [revoke, { error }] = useAct(async (it) => {
    if (!(await confirm({ title: t("token.revoke.title", { name: it.name }), text: t("token.revoke.text"), yes: t("token.revoke"), danger: true }))) return;
    await api.delete(`/api/accessToken/${it.tokenId}`);
    reload();
  });
  return html`
    <section class="sheet">
      <div class="row apart"><h2>${t("tokens")}</h2><${Button} icon="plus" disabled=${apps.length === 0} onClick=${() => setNew(true)}>${t("token.new")}<//></div>
      <${Trouble} error=${error} />
      ${made && html`<${Note} tone="good" icon="key" role="status"><p>${t("token.made", { name: made.name })}</p><p class="mono strong" data-token>${made.token}</p><//>`}
      ${tokens.length === 0 && html`<${Empty} icon="key" title=${t("tokens.none")} />`}
      <ul class="list">${tokens.map(
        (it) => html`
          <li key=${it.tokenId}>
            <div class="grow"><p class="name strong">${it.name}</p><p class="small soft name">${it.hostname ?? t("token.any-app")} · ${dateTime(it.createdAt)}</p></div>
            <${Badge}>${t(it.write ? "token.writes" : "token.reads")}<//>
            ${it.revokedAt ? html`<${Badge} tone="bad">${t("token.revoked")}<//>` : html`<${Button} kind="plain" onClick=${() => revoke(it)} aria-label=${t("token.revoke.what", { name: it.name })}>${t("token.revoke")}<//>`}
          </li>`,
      )}</ul>
      ${isNew && html`<${TokenForm} apps=${apps} onClose=${() => setNew(false)} onDone=${(token) => (setNew(false), setMade(token), reload())} />`}
    </section>
  `;
}

function TokenForm({ apps, onClose, onDone }) {
  const first = { name: "", hostname: apps[0]?.hostname, write: false };
  const make = (token, key) => api.post("/api/accessToken", { token }, { key });
  return html`
    <${FormDialog} title=${t("token.new")} first=${first} send=${make} yes=${t("token.make")} onClose=${onClose} onDone=${onDone}>
      ${({ field, check }) => html`
        ${field("name", t("name"), { hint: t("token.name.hint"), autofocus: true, required: true })}
        ${field("hostname", t("app"), { as: "select", options: apps.map((it) => [it.hostname, it.hostname]) })}
        ${check("write", t("token.write"))}
      `}
    <//>
  `;
}
