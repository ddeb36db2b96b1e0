// What a screen asks the API for, and what it does there.
import { useCallback, useEffect, useRef, useState } from "kit/html.mjs";

/** `{data, error, loading, reload}` of a question, asked again when `about` changes; what was known stays in sight meanwhile. */
export function useLoad(ask, about = []) {
  const [state, setState] = useState({ data: undefined, error: null, loading: true });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    setState((before) => ({ ...before, loading: true, error: null }));
    ask(stop.signal).then(
      (data) => !stop.signal.aborted && setState({ data, error: null, loading: false }),
      (error) => !stop.signal.aborted && setState((before) => ({ ...before, error, loading: false })),
    );
    return () => stop.abort();
  }, [...about, round]);
  const reload = useCallback(() => setRound((n) => n + 1), []);
  return { ...state, reload, put: (data) => setState({ data, error: null, loading: false }) };
}

/** `[act, {busy, error, clear}]` of something that is done: never twice at once. */
export function useAct(act) {
  const [state, setState] = useState({ busy: false, error: null });
  const busy = useRef(false);
  const run = async (...args) => {
    if (busy.current) return undefined;
    busy.current = true;
    setState({ busy: true, error: null });
    try {
      const done = await act(...args);
      setState({ busy: false, error: null });
      return done;
    } catch (error) {
      setState({ busy: false, error });
      return undefined;
    } finally {
      busy.current = false;
    }
  };
  return [run, { ...state, clear: () => setState({ busy: false, error: null }) }];
}

/** A value that has been still for a moment: for searching while typing. */
export function useStill(value, milliseconds = 200) {
  const [still, setStill] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setStill(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value]);
  return still;
}
