// The pool: a file of codes loaded a part at a time, one code searched, all of them taken away as a file.
import { html, useEffect, useRef, useState } from "kit/html.mjs";
import { VOUCHER_TONES } from "kit/campaign.mjs";
import { dateTime, name } from "kit/format.mjs";
import { useAct } from "kit/load.mjs";
import { to, useGuard } from "kit/router.mjs";
import { t } from "kit/texts.mjs";
import { Badge, Button, Field, Form, Note, Progress, Trouble, confirm, say } from "kit/ui.mjs";
import { api, campaignPath } from "./api.mjs";
import { codesOf, taken } from "./codefile.mjs";

const PART = 10_000;

export function Codes({ campaign, reload }) {
  return html`
    <div class="columns two">
      <${Load} campaign=${campaign} reload=${reload} />
      <div class="stack wide"><${Search} campaign=${campaign} /><${Export} campaign=${campaign} /></div>
    </div>
  `;
}

function Load({ campaign, reload }) {
  const [state, setState] = useState(null); // {read, added, known, part, busy}
  const stopped = useRef(false), chooser = useRef();
  const [written, setWritten] = useState("");
  useEffect(() => () => (stopped.current = true), []);
  useGuard(Boolean(state?.busy), () => confirm({ title: t("codes.leave"), text: t("codes.leave.text"), yes: t("edit.leave.yes"), danger: true }));
  const [load, { busy, error }] = useAct(async (file) => {
    stopped.current = false;
    const progress = { read: 0, added: 0, known: 0, part: 0, busy: true };
    setState({ ...progress });
    try {
      for await (const { codes, part } of codesOf(file, PART)) {
        // What is on its way is waited for: what is said to be added shall be what was added.
        const answer = await api.post(campaignPath(campaign.state.id, "/codes"), { codes });
        progress.read += codes.length;
        progress.added += answer.added;
        progress.known += answer.known;
        progress.part = part;
        setState({ ...progress });
        if (stopped.current) break;
      }
    } finally {
      setState({ ...progress, busy: false });
      reload();
    }
    if (!progress.read) throw new Error(t("codes.empty"));
    say(t(stopped.current ? "codes.stopped" : "codes.loaded", { n: progress.added }), "good");
    setWritten("");
  });
  return html`
    <section class="sheet">
      <h2>${t("codes.load")}</h2>
      <p class="soft small">${t("codes.load.text")}</p>
      <input ref=${chooser} class="unseen" type="file" tabindex="-1" aria-hidden="true" accept=".txt,.csv,.tsv,text/*" onChange=${(event) => taken(event.currentTarget, load)} />
      <div class="row"><${Button} kind="main-action" icon="plus" busy=${busy} onClick=${() => chooser.current.click()}>${t("codes.choose")}<//></div>
      ${state &&
      html`
        <${Progress} label=${t("codes.progress", { read: state.read, added: state.added })} done=${state.part} of=${1} text=${state.known ? t("codes.known", { n: state.known }) : ""} />
        ${state.busy && html`<div><${Button} onClick=${() => (stopped.current = true)}>${t("codes.stop")}<//></div>`}
      `}
      <${Form} onSubmit=${() => written.trim() && load(new Blob([written]))}>
        <${Field} as="textarea" class="mono" label=${t("codes.write")} hint=${t("codes.write.hint")} value=${written} onInput=${setWritten} spellcheck="false" />
        <div><${Button} type="submit" busy=${busy} disabled=${!written.trim()}>${t("codes.add")}<//></div>
      <//>
      <${Trouble} error=${error} />
    </section>
  `;
}

function Search({ campaign }) {
  const [code, setCode] = useState(""), [found, setFound] = useState(null);
  const [search, { busy, error }] = useAct(async () => {
    setFound(null);
    setFound(await api.get(campaignPath(campaign.state.id, "/code"), { code: code.trim() }));
  });
  return html`
    <section class="sheet">
      <h2>${t("codes.search")}</h2>
      <${Form} onSubmit=${() => code.trim() && search()}>
        <${Field} label=${t("code")} value=${code} onInput=${setCode} spellcheck="false" />
        <div><${Button} type="submit" icon="search" busy=${busy}>${t("codes.whose")}<//></div>
      <//>
      <${Trouble} error=${error} />
      ${found &&
      html`
        <div class="stack tight" role="status">
          <div class="row"><span class="mono strong">${found.code}</span><${Badge} tone=${VOUCHER_TONES[found.status]}>${t(`code.${found.status}`)}<//></div>
          ${found.customer && html`<p>${t("codes.given", { at: dateTime(found.given_at) })} <a class="name" href=${to(`/customers/${found.customer.id}`)}>${name(found.customer)}</a></p>`}
          ${found.used_at && html`<p class="soft">${t("codes.used", { at: dateTime(found.used_at) })}</p>`}
        </div>
      `}
    </section>
  `;
}

function Export({ campaign }) {
  const [read, setRead] = useState(null);
  const [take, { busy, error }] = useAct(async () => {
    const lines = ["code,given_at\n"];
    for (let after = "", more = true, count = 0; more; ) {
      const page = await api.get(campaignPath(campaign.state.id, "/codes"), { size: PART, after });
      lines.push(page.codes.map((it) => `${quoted(it.code)},${it.given_at ?? ""}\n`).join(""));
      count += page.codes.length;
      setRead(count);
      ({ more } = page);
      after = page.codes.at(-1)?.code ?? "";
    }
    const address = URL.createObjectURL(new Blob(lines, { type: "text/csv" }));
    const link = Object.assign(document.createElement("a"), { href: address, download: `${campaign.key}-codes.csv` });
    link.click();
    URL.revokeObjectURL(address);
  });
  return html`
    <section class="sheet">
      <h2>${t("codes.export")}</h2>
      <p class="soft small">${t("codes.export.text")}</p>
      ${busy && html`<p role="status">${t("codes.exported", { n: read ?? 0 })}</p>`}
      <div><${Button} busy=${busy} onClick=${take}>${t("codes.export.take")}<//></div>
      <${Trouble} error=${error} />
      ${campaign.sale?.single_coupon && html`<${Note} icon="alert">${t("codes.shared")}<//>`}
    </section>
  `;
}

/** As spreadsheets read it. A code that they would take for a formula stays what it is: this file is for programs, too. */
const quoted = (code) => (/[",\n]/.test(code) ? `"${code.replace(/"/g, '""')}"` : code);

