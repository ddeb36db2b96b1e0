// Where one stands is in the address: a path below the application's, and a query. Links are links.
import { html, useLayoutEffect } from "kit/html.mjs";
import { createStore, useStore } from "kit/store.mjs";

const BASE = `/${document.documentElement.dataset.app}`;
const here = createStore(current());
let guard = null;

function current() {
  const path = decode(location.pathname.slice(BASE.length).replace(/\/+$/, "")) || "/";
  return { path, query: Object.fromEntries(new URLSearchParams(location.search)), state: history.state };
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

/** Ask whoever guards what is not saved; nobody is asked twice. */
export async function mayLeave() {
  if (guard && !(await guard())) return false;
  guard = null;
  return true;
}

function arrive() {
  stands = location.href;
  here.set(current());
}

async function go(address, replace = false) {
  if (!(await mayLeave())) return;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  arrive();
  if (!replace) scrollTo(0, 0);
}

/** An address below the application's; what is null, undefined or empty is left out of the query. */
export function to(path, query = {}) {
  const pairs = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const search = pairs.length ? `?${new URLSearchParams(pairs)}` : "";
  return BASE + (path === "/" ? "" : path) + search;
}

export const navigate = (path, query, { replace = false } = {}) => go(to(path, query), replace);
export const usePlace = () => useStore(here);

/** The query of the address, and a way to change some of it; paging begins anew unless the page is what changes. */
export function useQuery() {
  const { path, query } = usePlace();
  const change = (changes) => navigate(path, { ...query, ...("page" in changes ? {} : { page: null }), ...changes }, { replace: true });
  return [query, change];
}

/** The first of `routes` (`["/campaigns/:key", Component]`) that fits. */
export function Router({ routes, otherwise: Otherwise }) {
  const { path } = usePlace();
  for (const [pattern, Screen] of routes) {
    const found = matched(pattern, path);
    if (found) return html`<${Screen} ...${found} key=${pattern + JSON.stringify(found)} />`;
  }
  return html`<${Otherwise} />`;
}

export function matched(pattern, path) {
  const wanted = pattern.split("/"), parts = path.split("/");
  if (wanted.length !== parts.length) return null;
  const found = {};
  for (const [i, part] of wanted.entries()) {
    if (part.startsWith(":")) found[part.slice(1)] = decode(parts[i]);
    else if (part !== parts[i]) return null;
  }
  return found;
}
