// The till keeps its own files, so that it opens without a line.
const WORKER = "/till/worker.js";
const SCOPE = "/till";

/** A script's address may only be made here, and only this one. */
function trusted() {
  if (!window.trustedTypes) return WORKER;
  const policy = trustedTypes.createPolicy("guerdon", {
    createScriptURL(address) {
      if (address === WORKER) return address;
      throw new TypeError(`${address} is no script of the till`);
    },
  });
  return policy.createScriptURL(WORKER);
}

export async function install() {
  try {
    await navigator.serviceWorker?.register(trusted(), { scope: SCOPE });
    await navigator.storage?.persist?.();
  } catch {
    // A browser that installs nothing still sells, as long as there is a line.
  }
}
