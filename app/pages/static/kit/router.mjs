// Where one stands is in the address: a path below the application's, and a query. Links are links.
import { addressed } from "kit/address.mjs";
import { html, useEffect, useLayoutEffect, useRef, useState } from "kit/html.mjs";
import { useStill } from "kit/load.mjs";
import { createStore, useStore } from "kit/store.mjs";

const BASE = `/${document.documentElement.dataset.app}`;
const here = createStore(current());
let guard = null;

function current() {
  const path = decode(location.pathname.slice(BASE.length).replace(/\/+$/, "")) || "/";
  return { path, query: Object.fromEntries(new URLSearchParams(location.search)) };
}

function decode(path) {
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

let stands = location.href;
addEventListener("popstate", async () => {
  if (guard) {
    // The browser has gone already: back to where one stood, until it is known whether to leave.
    const wanted = location.href;
    history.pushState(null, "", stands);
    if (!(await mayLeave())) return;
    guard = null;
    history.replaceState(null, "", wanted);
  }
  arrive();
});

addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (link.pathname !== BASE && !link.pathname.startsWith(`${BASE}/`)) return;
  event.preventDefault();
  if (link.href !== location.href) go(link.pathname + link.search);
});

/** Ask before somebody leaves what is not saved: `ask()` answers whether to go. */
export function useGuard(isUnsaved, ask) {
  useLayoutEffect(() => {
    if (!isUnsaved) return undefined;
    guard = ask;
    const warn = (event) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => {
      guard = null;
      removeEventListener("beforeunload", warn);
    };
  }, [isUnsaved]);
}

/** Ask whoever guards what is not saved. */
export const mayLeave = async () => !guard || guard();

function arrive() {
  stands = location.href;
  here.set(current());
}

async function go(address, replace = false) {
  if (!(await mayLeave())) return;
  guard = null;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  arrive();
  if (!replace) scrollTo(0, 0);
}

/** An address below the application's; what is null, undefined or empty is left out of the query. */
export const to = (path, query) => addressed(BASE + (path === "/" ? "" : path), query);

export const navigate = (path, query, { replace = false } = {}) => go(to(path, query), replace);
export const usePlace = () => useStore(here);

/** The query of the address, and a way to change some of it; paging begins anew unless the page is what changes. */
export function useQuery() {
  const { path, query } = usePlace();
  const change = (changes) => navigate(path, { ...query, ...("page" in changes ? {} : { page: null }), ...changes }, { replace: true });
  return [query, change];
}

/** `[text, setText]` of a search box: what is typed there goes into the address once it is still, and what the address says into the box. */
export function useSearch() {
  const [{ text: asked = "" }, change] = useQuery();
  const [text, setText] = useState(asked), still = useStill(text.trim()), sought = useRef(asked);
  useEffect(() => {
    if (still === sought.current) return;
    sought.current = still;
    change({ text: still || null });
  }, [still]);
  useEffect(() => {
    // Somebody went back, or took the filters away. What was typed here meanwhile stays.
    if (asked === sought.current) return;
    sought.current = asked;
    setText(asked);
  }, [asked]);
  return [text, setText];
}

/** The first of `routes` (`["/campaigns/:key", Component]`) that fits. */
export function Router({ routes, otherwise: Otherwise }) {
  const { path } = usePlace();
  for (const [pattern, Screen] of routes) {
    const found = matched(pattern, path);
    if (found) return html`<${Screen} ...${found} key=${identity(pattern, found)} />`;
  }
  return html`<${Otherwise} />`;
}

/** What a path says of a pattern's `:names`; `:name?` may be missing. Null where they do not fit. */
function matched(pattern, path) {
  const wanted = pattern.split("/"), parts = path.split("/");
  if (parts.length > wanted.length) return null;
  const found = {};
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith(":") && parts[i] !== undefined) found[nameOf(part)] = decode(parts[i]);
    else if (!part.endsWith("?") && part !== parts[i]) return null;
  }
  return found;
}

const nameOf = (part) => part.slice(1).replace("?", "");
/** A screen begins anew when what it is about is another; what may be missing is a part of it. */
const identity = (pattern, found) => pattern + JSON.stringify(found, pattern.split("/").filter((part) => /^:.*[^?]$/.test(part)).map(nameOf));
