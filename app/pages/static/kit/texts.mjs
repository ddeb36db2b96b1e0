// The texts of an application, in the reader's language. A catalogue is one flat object: `key: "text with {name}"`; where a number
// decides the form, `key: {one: …, few: …, many: …, other: …}`, chosen by `{n}`.
import { createStore, useStore } from "kit/store.mjs";

const page = document.documentElement.dataset;
const LANGUAGES = page.languages.split(" ");
const REMEMBERED = "guerdon.language"; // no secret: which language, and which theme, somebody reads in
export const language = createStore("en");
let catalogue = {};

function remembered() {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}

/** The language that was chosen here before, or else the first of the browser's that there is. */
function preferred() {
  const wished = [remembered(), ...navigator.languages.map((it) => it.slice(0, 2))];
  return wished.find((it) => LANGUAGES.includes(it)) ?? LANGUAGES[0];
}

async function read(name) {
  const kit = page.texts.replace(/[^/]+\/texts$/, "kit/texts");
  const parts = await Promise.all(
    [`${kit}/${name}.json`, `${page.texts}/${name}.json`].map(async (address) => (await fetch(address)).json()),
  );
  return Object.assign({}, ...parts);
}

export async function speak(name = preferred()) {
  catalogue = await read(name);
  document.documentElement.lang = name;
  language.set(name);
}

export async function chooseLanguage(name) {
  try {
    localStorage.setItem(REMEMBERED, name);
  } catch {
    // Where nothing may be kept, the choice lasts as long as the page.
  }
  await speak(name);
}

export const languages = () => LANGUAGES;

/** The text with this key; `{name}` in it is replaced by `values.name`, numbers in the reader's way of writing them. */
export function t(key, values = {}) {
  const found = catalogue[key];
  if (found === undefined) return key;
  const text = typeof found === "string" ? found : (found[plural(values.n)] ?? found.other);
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? written(values[name]) : whole));
}

export const has = (key) => key in catalogue;

/** A sentence that the service says to programs, in the reader's words where the catalogue has them (`said.<the sentence>`). */
export const inWords = (sentence) => (has(`said.${sentence}`) ? t(`said.${sentence}`) : sentence);

/** A component that says a text again in another language follows this. */
export const useLanguage = () => useStore(language);

/** How numbers and dates are written: as in the reader's country, if that speaks the language. */
export const locale = () => navigator.languages.find((it) => it.startsWith(language.get())) ?? language.get();

const plural = (n) => new Intl.PluralRules(language.get()).select(Number(n ?? 0));
const written = (value) => (typeof value === "number" ? new Intl.NumberFormat(locale()).format(value) : isolated(String(value)));
/** What may run from right to left, or says so, turns nothing around it. */
const isolated = (text) => (/[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufefc]/.test(text) ? `\u2068${text}\u2069` : text);
