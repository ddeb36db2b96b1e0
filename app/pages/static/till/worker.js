// Keeps the till's page and files, so that it opens without a line. The API is left alone: what it says is never kept here.
// Before this stand VERSION and FILES, the addresses to keep.
const PREFIX = "guerdon-till-";
const KEPT = PREFIX + VERSION;
const PAGE = "/till";
const PATIENCE = 3_000; // milliseconds

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== location.origin) return;
  if (event.request.mode === "navigate") event.respondWith(page(event.request));
  else if (FILES.includes(address.pathname)) event.respondWith(file(event.request));
});

async function install() {
  const answer = await fetch(PAGE, { cache: "reload" });
  // A page of another version would ask for files that are not kept: better to try again later.
  if (!answer.ok || !(await answer.clone().text()).includes(VERSION)) throw new Error("The till's page is of another version.");
  const kept = await caches.open(KEPT);
  await kept.put(PAGE, answer);
  await kept.addAll(FILES);
  await self.skipWaiting();
}

async function activate() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== KEPT).map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The page as it is now; as it was kept when the line is down, or slow, or something in between answers. */
async function page(request) {
  const kept = await (await caches.open(KEPT)).match(PAGE);
  try {
    const answer = await fetch(request, kept ? { signal: AbortSignal.timeout(PATIENCE) } : {});
    if (answer.status < 500 || !kept) return answer;
  } catch (error) {
    if (!kept) throw error;
  }
  return kept;
}

async function file(request) {
  const kept = await (await caches.open(KEPT)).match(request);
  return kept ?? fetch(request);
}
