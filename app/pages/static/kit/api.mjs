// The API, as one signed-in person calls it. Tokens live in this tab only: closing it ends them here.
import { addressed } from "kit/address.mjs";
import { createStore } from "kit/store.mjs";
import { t } from "kit/texts.mjs";

/** What the service refused: its own sentence, and what is wrong with which field. */
export class ApiError extends Error {
  constructor(status, body) {
    super(sentence(status, body));
    this.status = status;
    this.body = body ?? {};
    this.problems = this.body.problems ?? [];
    this.reasons = this.body.reasons ?? [];
    this.fields = fieldErrors(this.body.form ?? this.body);
  }
}

/** No answer came: it is not known whether anything was done. */
export class NoAnswer extends Error {
  constructor() {
    super(t("error.no-answer"));
  }
}

function sentence(status, body) {
  const said = typeof body?.error === "string" ? body.error : (body?.error?.message ?? body?.message);
  const inForm = Object.values(fieldErrors(body?.form ?? body ?? {})).flat();
  return [said, ...(typeof body?.form === "object" || !said ? inForm : [])].filter(Boolean).join(" ") || t("error.status", { status });
}

/** `{email: ["This value is already used."]}` of Open Loyalty's tree of `children`. */
function fieldErrors(tree, path = "") {
  const found = {};
  if (tree?.errors && Array.isArray(tree.errors) && tree.errors.length) found[path] = tree.errors;
  for (const [name, child] of Object.entries(tree?.children ?? {})) {
    Object.assign(found, fieldErrors(child, path ? `${path}.${name}` : name));
  }
  return found;
}

const KEPT = (role) => `guerdon.${role}`;

export function createApi(role) {
  const signedIn = createStore(read(role)); // {token, refresh, id, username, login} or null
  const expired = createStore(null); // whoever must say the password again to go on
  let refreshing = null;

  function keep(session) {
    try {
      if (session) sessionStorage.setItem(KEPT(role), JSON.stringify(session));
      else sessionStorage.removeItem(KEPT(role));
    } catch {
      // Where nothing may be kept, the session lasts as long as the page.
    }
    signedIn.set(session);
  }

  async function signIn(username, password) {
    const answer = await send("POST", `/api/${role}/login_check`, { json: { _username: username, _password: password } });
    const body = await said(answer);
    if (!body?.token) throw new NoAnswer(); // but somebody else's, the page of a hotel's network, say
    const claims = JSON.parse(new TextDecoder().decode(bytes(body.token.split(".")[1])));
    const session = { token: body.token, refresh: body.refresh_token, id: claims.id, username: claims.username, login: claims.sub };
    const before = expired.get();
    if (before && before.session.login !== session.login) {
      expired.set(null);
      before.refuse(new ApiError(401, { message: t("error.somebody-else") }));
      keep(session);
      location.reload();
      return;
    }
    keep(session);
    expired.set(null);
    before?.goOn();
  }

  async function signOut() {
    const token = signedIn.get()?.token;
    keep(null);
    expired.get()?.refuse(new ApiError(401, { message: t("error.signed-out") }));
    expired.set(null);
    if (token) await send("POST", "/api/token/revoke", { token }).catch(() => null);
  }

  /** A new token for the one that has expired; false when that cannot be had. */
  async function refresh() {
    const session = signedIn.get();
    if (!session?.refresh) return false;
    refreshing ??= renewed(session).finally(() => (refreshing = null));
    return refreshing;
  }

  async function renewed(session) {
    const answer = await send("POST", "/api/token/refresh", { json: { refresh_token: session.refresh } });
    if ([400, 401].includes(answer.status)) return false;
    const fresh = await said(answer); // where it cannot say, nobody has to sign in again for that
    if (!fresh?.token) throw new NoAnswer();
    // Somebody may have signed out meanwhile, or somebody else in.
    if (signedIn.get()?.refresh !== session.refresh) return false;
    keep({ ...session, token: fresh.token, refresh: fresh.refresh_token });
    return true;
  }

  /** Wait until the same person has said the password again. */
  function askAgain() {
    const waiting = expired.get();
    if (waiting) return waiting.promise;
    let goOn, refuse;
    const promise = new Promise((yes, no) => ([goOn, refuse] = [yes, no]));
    expired.set({ promise, goOn, refuse, session: signedIn.get() });
    return promise;
  }

  /**
   * Call the API; answers `{data, etag, status, replayed}`. `json` or `form` is the body, `key` the Idempotency-Key.
   * An expired session is renewed, or asks for the password, and the call goes on. Throws ApiError or NoAnswer.
   */
  async function call(method, path, options = {}) {
    const { login } = signedIn.get() ?? {};
    for (let attempt = 0; ; attempt += 1) {
      const session = signedIn.get();
      // What one began, nobody else goes on with.
      if (session?.login !== login) throw new ApiError(401, { message: t("error.somebody-else") });
      const answer = await send(method, path, { token: session?.token, ...options });
      if (answer.status === 401 && session && attempt < 2) {
        if (attempt === 0 && session.token !== signedIn.get()?.token) continue; // somebody else renewed it meanwhile
        if (attempt > 0 || !(await refresh())) {
          if (signedIn.get()?.login !== login) throw new ApiError(401, { message: t("error.signed-out") });
          if (session.token === signedIn.get()?.token) await askAgain(); // or it was said again while this asked for a new token
        }
        continue;
      }
      return {
        data: options.as === "blob" && answer.ok ? await whole(answer.blob()) : await said(answer),
        status: answer.status,
        etag: answer.headers.get("ETag"),
        replayed: answer.headers.get("Idempotency-Replayed") === "true",
      };
    }
  }

  return {
    role,
    signedIn,
    expired,
    signIn,
    signOut,
    call,
    get: async (path, query, options = {}) => (await call("GET", addressed(path, query), options)).data,
    post: async (path, json = undefined, options = {}) => (await call("POST", path, { json, ...options })).data,
    put: async (path, json, options = {}) => (await call("PUT", path, { json, ...options })).data,
    delete: async (path, options = {}) => (await call("DELETE", path, options)).data,
  };
}

/** What an answer says in JSON; null where it says nothing in it. Throws ApiError for a refusal. */
async function said(answer) {
  const isJson = /json/.test(answer.headers.get("Content-Type") ?? ""), text = await whole(answer.text());
  const data = isJson && text ? JSON.parse(text) : null;
  if (!answer.ok) throw new ApiError(answer.status, data);
  return data;
}

async function send(method, path, { token, json, form, key, ifMatch, signal } = {}) {
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (ifMatch) headers["If-Match"] = ifMatch;
  return whole(fetch(path, { method, headers, signal, body: form ?? (json === undefined ? undefined : JSON.stringify(json)) }));
}

/** What comes over the line, which may be cut before it or in the middle of it. */
async function whole(coming) {
  try {
    return await coming;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new NoAnswer();
  }
}

function read(role) {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT(role)) ?? "null");
  } catch {
    return null;
  }
}

const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
