// The parts that every screen is made of.
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "kit/html.mjs";
import { createStore, useStore } from "kit/store.mjs";
import { whyNot } from "kit/campaign.mjs";
import { chooseLanguage, inWords, languages, t, useLanguage } from "kit/texts.mjs";
import { useQuery } from "kit/router.mjs";

const PATHS = {
  alert: "M12 8v5m0 3.5v.01M10.3 3.9 2.4 17.6A2 2 0 0 0 4.1 20.6h15.8a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0z",
  back: "M15 5l-7 7 7 7",
  box: "M3 7.5 12 3l9 4.5v9L12 21l-9-4.5zm0 0 9 4.5 9-4.5M12 12v9",
  cart: "M3 4h2l2.4 11h10.2L20 7H6m3 12.5v.01m8-.01v.01",
  chart: "M4 20V10m6 10V4m6 16v-7m4 7H2",
  check: "M4 12.5l5 5L20 6.5",
  clock: "M12 7v5l3.5 2M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18z",
  close: "M6 6l12 12M18 6L6 18",
  gift: "M4 11h16v9H4zm-1-4h18v4H3zm9 0v13M12 7S10.5 3 8 3a2 2 0 0 0 0 4zm0 0s1.500-4 4-4a2 2 0 0 1 0 4z",
  home: "M4 11l8-7 8 7v9h-5v-6H9v6H4z",
  key: "M14.500 9.500a4.500 4.500 0 1 1-3.200-4.300 4.500 4.500 0 0 1 3.200 4.300zM13.500 12.500 20 19m-2.500-2.500L20 14",
  list: "M8 6h12M8 12h12M8 18h12M4 6v.01M4 12v.01M4 18v.01",
  lock: "M6 11h12v9H6zm2.500 0V8a3.500 3.500 0 0 1 7 0v3",
  mark: "M12 3l2.700 5.900 6.300.600-4.800 4.300 1.400 6.300L12 16.800l-5.600 3.300 1.400-6.300L3 9.500l6.300-.600z",
  offline: "M3 3l18 18M8.500 16.500a5 5 0 0 1 7 0M5 13a10 10 0 0 1 5-2.700m4.500.3A10 10 0 0 1 19 13M2 9a15 15 0 0 1 4.500-2.800M10 5.100A15 15 0 0 1 22 9M12 20v.01",
  out: "M14 4h6v16h-6M10 8l-4 4 4 4m-4-4h10",
  people: "M9 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7 10v-1a6 6 0 0 1 12 0v1m1-17.500a4 4 0 0 1 0 7M17 14.500a6 6 0 0 1 5 5.500v1",
  photo: "M4 5h16v14H4zm0 11 5-5 4 4 3-3 4 4M15.500 9v.01",
  plus: "M12 5v14M5 12h14",
  search: "M10.500 17a6.500 6.500 0 1 1 0-13 6.500 6.500 0 0 1 0 13zm5-1.500L21 21",
  shop: "M4 9l1-5h14l1 5M4 9v11h16V9M4 9a2.700 2.700 0 0 0 5.300 0 2.700 2.700 0 0 0 5.400 0A2.700 2.700 0 0 0 20 9m-11 11v-6h6v6",
  spark: "M12 3v4m0 10v4m9-9h-4M7 12H3m14.500-6.500-2.500 2.500m-6 8-2.500 2.500m11 0L15 15.500M9 8.500 6.500 5.500",
  steps: "M4 20v-5h5v-5h5V5h6",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm0-13v2m0 14v2m9-9h-2M5 12H3m15.400-6.400L17 7M7 17l-1.400 1.400m12.800 0L17 17M7 7 5.600 5.600",
  target: "M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18zm0-5a4 4 0 1 0 0-8 4 4 0 0 0 0 8z",
  till: "M5 10h14l2 6v5H3v-5zm0 0V4h9v6M3 16h18M10 19h4",
  wheel: "M12 21a9 9 0 1 1 0-18 9 9 0 0 1 0 18zm0-18v18m-9-9h18M5.600 5.600l12.800 12.800m0-12.800L5.600 18.400",
};

export const Icon = ({ name }) => html`
  <svg class="glyph" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
    <path d=${PATHS[name]} />
  </svg>
`;

export const Brand = ({ href, children }) => html`
  <a class="brand" href=${href}>
    <svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" fill="#5236c9" /><path fill="#fff" d="M16 6.500l2.600 5.900 6.400.600-4.800 4.300 1.400 6.300L16 20.300l-5.600 3.300 1.400-6.300L7 13l6.400-.600z" /></svg>
    <span>${children}</span>
  </a>
`;

/** `kind`: main-action, plain, danger; `busy` while it works, when it keeps the focus (`useAct` does nothing twice); `href` makes it a link. */
export function Button({ kind = "", icon, busy, href, children, class: extra = "", disabled, type = "button", ...rest }) {
  const content = html`${icon && html`<${Icon} name=${icon} />`}${children}`;
  if (href) return html`<a class="button ${kind} ${extra}" href=${href} ...${rest}>${content}</a>`;
  return html`<button class="button ${kind} ${extra}" type=${type} disabled=${disabled} aria-disabled=${busy ? "true" : undefined} aria-busy=${busy ? "true" : undefined} ...${rest}>${content}</button>`;
}

/** A labelled input; `problem` is what is wrong with it, a sentence or several. `as`: input, textarea or select (with `options` of [value, label]). */
export function Field({ label, hint, problem: said, as = "input", options, value, onInput, class: extra = "", wide, input, ...rest }) {
  const id = useId(), problem = told(said);
  const described = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ") || undefined;
  const common = {
    id,
    class: `input ${extra}`,
    value: value ?? "",
    "aria-invalid": problem ? "true" : undefined,
    "aria-describedby": described,
    onInput: (event) => onInput?.(event.currentTarget.value, event),
    ...rest,
  };
  const control =
    as === "select"
      ? html`<select ...${common}>${options.map(([key, said]) => html`<option key=${key} value=${key} selected=${String(key) === String(value ?? "")}>${said}</option>`)}</select>`
      : as === "textarea"
        ? html`<textarea ...${common}></textarea>`
        : html`<input ref=${input} ...${common} />`;
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      ${control}
      ${hint && html`<span class="hint" id=${`${id}-hint`}>${hint}</span>`}
      ${problem && html`<span class="problem" id=${`${id}-problem`}>${problem}</span>`}
    </div>
  `;
}

/** A box to tick, with what is wrong with it beside it as a field has it. */
export function Check({ label, checked, onChange, problem: said, ...rest }) {
  const id = useId(), problem = told(said);
  const wrong = problem && { "aria-invalid": "true", "aria-describedby": id };
  return html`
    <label class="choice"><input type="checkbox" checked=${checked} onChange=${(event) => onChange(event.currentTarget.checked)} ...${wrong} ...${rest} /><span>${label}</span></label>
    ${problem && html`<span class="problem small bad" id=${id}>${problem}</span>`}
  `;
}

/** What is wrong, a sentence or several, in the reader's words. */
const told = (problem) => problem && (Array.isArray(problem) ? problem : [problem]).map(inWords).join(" ");

/** One of a few, all in sight. */
export const Segmented = ({ label, options, value, onChange }) => html`
  <div class="segmented" role="group" aria-label=${label}>
    ${options.map(([key, said]) => html`<button type="button" key=${key} aria-pressed=${String(key === value)} onClick=${() => onChange(key)}>${said}</button>`)}
  </div>
`;

export const Badge = ({ tone = "", children }) => html`<span class="badge ${tone}">${children}</span>`;

export const Note = ({ tone = "", icon, children, role }) => html`
  <div class="note ${tone}" role=${role}>${icon && html`<${Icon} name=${icon} />`}<div>${children}</div></div>
`;

/** What went wrong, in the reader's words, or else the server's own; with a way to try again. */
export function Trouble({ error, retry }) {
  useLanguage();
  if (!error) return null;
  return html`
    <${Note} tone="bad" icon="alert" role="alert">
      <p>${error.reasons?.length ? whyNot(error.reasons[0]) : inWords(error.message)}</p>
      ${error.problems?.length > 0 && html`<ul>${error.problems.map((it) => html`<li>${inWords(it.message)}</li>`)}</ul>`}
      ${error.reasons?.length > 1 && html`<ul>${error.reasons.slice(1).map((it) => html`<li>${whyNot(it)}</li>`)}</ul>`}
      ${retry && html`<p><${Button} kind="plain" onClick=${retry}>${t("retry")}<//></p>`}
    <//>
  `;
}

export const Bones = ({ lines = 3, height = "1.25rem" }) => html`
  <div class="stack tight" aria-busy="true"><span class="unseen">${t("loading")}</span>
    ${Array.from({ length: lines }, (_, i) => html`<div class="bone" key=${i} style=${{ minHeight: height, width: `${100 - (i % 3) * 12}%` }}></div>`)}
  </div>
`;

export const Empty = ({ icon = "box", title, children }) => html`
  <div class="empty"><${Icon} name=${icon} /><p class="strong">${title}</p>${children}</div>
`;

/** What `useLoad` knows: bones, trouble, or the content. */
export function Loaded({ of, lines, height, children }) {
  if (of.error && of.data === undefined) return html`<${Trouble} error=${of.error} retry=${of.reload} />`;
  if (of.data === undefined) return html`<${Bones} lines=${lines ?? 4} height=${height} />`;
  return html`${of.error && html`<${Trouble} error=${of.error} retry=${of.reload} />`}${children(of.data)}`;
}

/** A dialog that keeps the focus, closes with Escape, and gives the focus back. */
export function Dialog({ title, onClose, children, wide }) {
  const dialog = useRef(), before = useRef(document.activeElement), id = useId();
  useLayoutEffect(() => {
    const it = dialog.current;
    if (!it.open) it.showModal();
    return () => {
      const held = it.contains(document.activeElement) || document.activeElement === document.body;
      it.close();
      if (held) (before.current?.isConnected ? before.current : document.getElementById("content"))?.focus();
    };
  }, []);
  /** A browser may close a dialog that will not be cancelled when Escape is pressed again and again. */
  const closed = () => dialog.current?.isConnected && (onClose ? onClose() : dialog.current.showModal());
  return html`
    <dialog class=${wide ? "wide" : ""} tabindex="-1" ref=${dialog} aria-labelledby=${id} onCancel=${(event) => (event.preventDefault(), onClose?.())} onClose=${closed}>
      <div class="stack">
        <div class="row apart top">
          <h2 id=${id} class="grow name">${title}</h2>
          ${onClose && html`<${Button} kind="plain" class="icon" icon="close" style=${{ margin: "calc(-1 * var(--s2))" }} aria-label=${t("close")} onClick=${onClose} />`}
        </div>
        ${children}
      </div>
    </dialog>
  `;
}

const asking = createStore(null);
/** Ask before something is done; answers true or false. */
export const confirm = (question) =>
  new Promise((answer) => {
    asking.get()?.answer(false); // one question at a time
    asking.set({ ...question, answer: (said) => (asking.set(null), answer(said)) });
  });

function Question() {
  const it = useStore(asking);
  if (!it) return null;
  return html`
    <${Dialog} title=${it.title} onClose=${() => it.answer(false)}>
      ${it.text && html`<p class="name">${it.text}</p>`}
      ${it.points?.length > 0 && html`<ul class="list">${it.points.map((point) => html`<li class="name">${point}</li>`)}</ul>`}
      <div class="row end">
        <${Button} autofocus=${Boolean(it.danger)} onClick=${() => it.answer(false)}>${it.no ?? t("cancel")}<//>
        <${Button} autofocus=${!it.danger} kind=${it.danger ? "danger" : "main-action"} onClick=${() => it.answer(true)}>${it.yes ?? t("go-on")}<//>
      </div>
    <//>
  `;
}

const said = createStore([]);
let count = 0;
/** Say something in passing: shown for a while, and read out. */
export function say(text, tone = "") {
  const it = { id: (count += 1), text, tone };
  said.set((before) => [...before.filter((other) => other.text !== text), it]);
  setTimeout(() => said.set((before) => before.filter((other) => other.id !== it.id)), 6_000);
}

/** What stands beside every screen: questions, and what is said in passing. */
export function Aside() {
  const messages = useStore(said);
  return html`
    <${Question} />
    <div class="toasts" role="status" aria-live="polite">${messages.map((it) => html`<div class="toast ${it.tone}" key=${it.id}>${it.text}</div>`)}</div>
  `;
}

/** The window is called after what `text()` says, in the reader's language of now. */
export const useTitle = (text) =>
  useEffect(() => {
    document.title = `${text()} · ${t("app.title")}`;
  });

/** The head of a screen: its title, which gets the focus when one arrives, and what can be done. */
export function Title({ children, actions, back, text }) {
  const title = useRef();
  useTitle(() => title.current.textContent);
  useEffect(() => title.current.focus({ preventScroll: true }), []);
  return html`
    <div class="stack tight">
      ${back && html`<a class="back" href=${back[0]}>‹ ${back[1]}</a>`}
      <div class="row apart">
        <h1 tabindex="-1" class="grow name" ref=${title} title=${typeof children === "string" && children.length > 60 ? children : undefined}>${children}</h1>
        ${actions && html`<div class="row tight">${actions}</div>`}
      </div>
      ${text && html`<p class="soft name">${text}</p>`}
    </div>
  `;
}

/**
 * A table whose rows are links. `columns`: [{key, label, sort?, number?, cell}]; the first cell is the link where `href` answers one.
 * On narrow screens each row becomes a card.
 */
export function Table({ label, columns, rows, href, id = (row) => row.id, sort, onSort }) {
  const direction = (key) => (sort && sort.key === key ? (sort.descending ? "descending" : "ascending") : undefined);
  return html`
    <div class="table cards" role="region" aria-label=${label} tabindex="0">
      <table>
        <thead><tr>${columns.map(
          (column) => html`
            <th key=${column.key} scope="col" class=${column.number ? "number" : ""} aria-sort=${direction(column.sort)}>
              ${column.sort
                ? html`<button type="button" onClick=${() => onSort(column.sort, Boolean(sort && sort.key === column.sort && !sort.descending))}>${column.label}<span aria-hidden="true">${{ ascending: "↑", descending: "↓" }[direction(column.sort)] ?? ""}</span></button>`
                : column.label}
            </th>`,
        )}</tr></thead>
        <tbody>${rows.map(
          (row) => html`
            <tr key=${id(row)} class=${href ? "link" : ""}>
              ${columns.map(
                (column, i) => html`
                  <td key=${column.key} class=${column.number ? "number" : ""} data-label=${i ? column.label : ""}>
                    ${i === 0 && href ? html`<a class="whole name" href=${href(row)}>${column.cell(row)}</a>` : column.cell(row)}
                  </td>`,
              )}
            </tr>`,
        )}</tbody>
      </table>
    </div>
  `;
}

/** Pages of a list whose total is known; which one is in the address. */
export function Pages({ total, perPage }) {
  const [query, change] = useQuery();
  const page = Math.max(1, Number(query.page) || 1), last = Math.max(1, Math.ceil(total / perPage));
  if (last === 1) return null;
  return html`
    <nav class="row apart" aria-label=${t("pages")}>
      <${Button} icon="back" disabled=${page <= 1} onClick=${() => change({ page: page - 1 > 1 ? page - 1 : null })}>${t("previous")}<//>
      <span class="soft small">${t("page-of", { page, last })}</span>
      <${Button} disabled=${page >= last} onClick=${() => change({ page: page + 1 })}>${t("next")}<//>
    </nav>
  `;
}

/** The picture of a campaign, or one made of its name. */
export function Picture({ src, name, small }) {
  const [broken, setBroken] = useState(false);
  useEffect(() => setBroken(false), [src]);
  const size = small ? "small" : "";
  if (src && !broken) return html`<img class="picture ${size}" src=${src} alt="" loading="lazy" onError=${() => setBroken(true)} />`;
  const letters = [...(name ?? "")].filter((letter) => /[\p{L}\p{N}]/u.test(letter));
  const hue = letters.reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 997, 7) % 6;
  return html`<div class="picture made ${size}" data-hue=${hue} aria-hidden="true">${(letters[0] ?? "★").toUpperCase()}</div>`;
}

export function Progress({ label, done, of, tone = "", text }) {
  const part = of > 0 ? Math.min(1, done / of) : 0;
  return html`
    <div class="progress">
      <div class="row apart small"><span class="name">${label}</span><span class="number soft">${text ?? `${done} / ${of}`}</span></div>
      <div class="track" role="progressbar" aria-label=${label} aria-valuenow=${Math.round(part * 100)} aria-valuemin="0" aria-valuemax="100"><div class="done ${tone}" style=${{ width: `${part * 100}%` }}></div></div>
    </div>
  `;
}

const THEME = "guerdon.theme";
function theme() {
  try {
    return localStorage.getItem(THEME) ?? "auto";
  } catch {
    return "auto";
  }
}
export function applyTheme(name = theme()) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  const isDark = name === "dark" || (name === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.querySelector("meta[name=theme-color]").content = isDark ? "#1b1926" : "#ffffff";
}

/** In which language, and how light. */
export function Preferences() {
  const spoken = useLanguage();
  const [chosen, setChosen] = useState(theme());
  const choose = (name) => {
    try {
      localStorage.setItem(THEME, name);
    } catch {
      // Where nothing may be kept, it lasts as long as the page.
    }
    setChosen(name);
    applyTheme(name);
  };
  return html`
    <div class="row">
      <${Segmented} label=${t("language")} value=${spoken} onChange=${chooseLanguage} options=${languages().map((it) => [it, LANGUAGE_NAMES[it]])} />
      <${Segmented} label=${t("theme")} value=${chosen} onChange=${choose} options=${["auto", "light", "dark"].map((it) => [it, t(`theme.${it}`)])} />
    </div>
  `;
}
const LANGUAGE_NAMES = { en: "English", pl: "Polski" };

/** A form that is sent by Enter, too. */
export const Form = ({ onSubmit, children, ...rest }) => html`
  <form class="stack" novalidate onSubmit=${(event) => (event.preventDefault(), onSubmit(event))} ...${rest}>${children}</form>
`;
