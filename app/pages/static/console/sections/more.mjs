// What few campaigns need: its key, labels, translations, restrictions; and the document itself.
import { html, useEffect, useState } from "kit/html.mjs";
import { language, languages, t } from "kit/texts.mjs";
import { Button, Field } from "kit/ui.mjs";
import { Section, TextAt } from "./parts.mjs";

export function More({ edit }) {
  return html`
    <${Section} title=${t("section.more")}>
      <details open=${Boolean(edit.problem("/key"))}><summary>${t("more.key")}</summary><${TextAt} edit=${edit} at="/key" label=${t("more.key.label")} hint=${t("more.key.hint")} /></details>
      <details open=${edit.value("/labels").length > 0}><summary>${t("more.labels")}</summary><${Labels} edit=${edit} /></details>
      <details><summary>${t("more.translations")}</summary><${Translations} edit=${edit} /></details>
      <details open=${Boolean(edit.value("/restrictions"))}><summary>${t("more.restrictions")}</summary><${Json} edit=${edit} at="/restrictions" label=${t("more.restrictions.label")} hint=${t("more.restrictions.hint")} /></details>
      <details><summary>${t("more.document")}</summary><pre class="mono small" style=${{ overflowX: "auto", margin: 0 }}>${JSON.stringify({ ...edit.document, state: undefined }, null, 2)}</pre></details>
    <//>
  `;
}

function Labels({ edit }) {
  const labels = edit.value("/labels");
  return html`
    <div class="stack tight">
      ${labels.map(
        (_, i) => html`
          <div class="row top" key=${i}>
            <div class="fields grow"><${TextAt} edit=${edit} at=${`/labels/${i}/key`} label=${t("label.key")} /><${TextAt} edit=${edit} at=${`/labels/${i}/value`} label=${t("label.value")} /></div>
            <${Button} kind="plain" onClick=${() => edit.set("/labels", labels.filter((_, other) => other !== i))}>${t("remove")}<//>
          </div>`,
      )}
      <div><${Button} icon="plus" onClick=${() => edit.set("/labels", [...labels, { key: "", value: "" }])}>${t("label.add")}<//></div>
    </div>
  `;
}

const FIELDS = [["name", "name", "input"], ["short_description", "edit.short-description", "textarea"], ["conditions_description", "edit.conditions", "textarea"], ["usage_instruction", "edit.usage", "textarea"]];

function Translations({ edit }) {
  const all = edit.value("/translations") ?? {};
  const said = languages().filter((it) => it !== "en");
  const change = (name, key, value) => {
    const changed = { name: null, short_description: null, conditions_description: null, usage_instruction: null, ...all[name], [key]: value || null };
    const { [name]: _, ...others } = all;
    edit.set("/translations", Object.values(changed).some(Boolean) ? { ...others, [name]: changed } : others);
  };
  return said.map(
    (name) => html`
      <fieldset class="stack tight" key=${name}>
        <legend>${new Intl.DisplayNames(language.get(), { type: "language" }).of(name)}</legend>
        ${FIELDS.map(([key, label, as]) => html`<${Field} key=${key} as=${as} label=${t(label)} lang=${name} value=${all[name]?.[key]} problem=${edit.problem(`/translations/${name}/${key}`)} onInput=${(value) => change(name, key, value)} />`)}
      </fieldset>`,
  );
}

/** A part of the document as JSON, for whoever knows what it may say. */
function Json({ edit, at, label, hint }) {
  const value = edit.value(at);
  const [text, setText] = useState(value ? JSON.stringify(value, null, 2) : ""), [wrong, setWrong] = useState(null);
  useEffect(() => {
    if (value !== text && JSON.stringify(value) !== JSON.stringify(parsed(text))) (setText(value ? JSON.stringify(value, null, 2) : ""), setWrong(null));
  }, [value]);
  const change = (written) => {
    setText(written);
    const found = parsed(written);
    setWrong(found === undefined ? t("more.no-json") : null);
    edit.set(at, found === undefined ? written : found); // which the service refuses, so that nobody saves what was there before
  };
  const below = edit.problem(at);
  return html`<${Field} as="textarea" class="mono" label=${label} hint=${hint} value=${text} problem=${wrong ?? below} onInput=${change} spellcheck="false" />`;
}

/** What JSON says; null for nothing, undefined for what is none. */
function parsed(text) {
  if (!text.trim()) return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
