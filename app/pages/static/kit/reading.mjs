// A list that is read on and on, the newest first.
import { html, useCallback, useEffect, useRef, useState } from "kit/html.mjs";
import { t } from "kit/texts.mjs";
import { Bones, Button, Trouble } from "kit/ui.mjs";

const ENOUGH = 12, STEPS_MAX = 5; // so many at once where most are left out, in so many questions at most

/**
 * `{rows, more, busy, error, readOn, reload, retry}` of the list `name` that `path` answers; begins anew when the query changes. `wanted` leaves
 * some rows out; `mark` names what of the last row is sent to read on.
 */
export function useReading(api, path, name, { query = {}, wanted, mark = "number" } = {}) {
  const [state, setState] = useState({ rows: undefined, more: false, busy: true, error: null });
  const turn = useRef(0); // what was asked for last; later answers to earlier questions are dropped
  const read = useCallback(
    async (before, known) => {
      const mine = (turn.current += 1);
      setState((it) => ({ ...it, busy: true, error: null }));
      try {
        const found = await readSome(api, path, name, query, wanted, mark, before);
        if (mine === turn.current) setState({ ...found, rows: [...known, ...found.rows], busy: false, error: null });
      } catch (error) {
        if (mine === turn.current) setState((it) => ({ ...it, busy: false, error }));
      }
    },
    [path, JSON.stringify(query), wanted],
  );
  useEffect(() => {
    setState((it) => ({ ...it, rows: undefined, more: false })); // those of another question are no answer to this one
    read(undefined, []);
    return () => (turn.current += 1);
  }, [read]);
  const reload = () => read(undefined, []), readOn = () => read(state.last, state.rows);
  return { ...state, reload, readOn, retry: state.rows?.length ? readOn : reload };
}

async function readSome(api, path, name, query, wanted, mark, before) {
  const rows = [];
  for (let step = 1; ; step += 1) {
    const page = await api.get(path, { ...query, before });
    rows.push(...page[name].filter((row) => wanted?.(row) ?? true));
    before = page[name].at(-1)?.[mark];
    if (!page.more || step === STEPS_MAX || rows.length >= (wanted ? ENOUGH : 1)) return { rows, more: page.more, last: before };
  }
}

/** The rows of a reading by `children(rows)`, `empty` where there are none, and a way to read on. */
export function Reading({ of, empty, lines = 4, height, children }) {
  const trouble = of.error && html`<${Trouble} error=${of.error} retry=${of.retry} />`;
  if (of.rows === undefined) return trouble || html`<${Bones} lines=${lines} height=${height} />`;
  return html`
    ${trouble}
    ${of.rows.length === 0 && !of.more && !of.busy ? empty : children(of.rows)}
    ${of.more &&
    html`<div class="row" style=${{ justifyContent: "center" }}><${Button} busy=${of.busy} onClick=${of.readOn}>${t("more")}<//></div>`}
  `;
}
