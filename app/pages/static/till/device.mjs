// What this device keeps when the till is closed: sales, and what it last knew of a few customers.
let opening = null;

function opened() {
  opening ??= new Promise((yes, no) => {
    const request = indexedDB.open("guerdon.till", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("sales", { keyPath: "key" });
      request.result.createObjectStore("customers", { keyPath: "id" });
    };
    request.onsuccess = () => {
      request.result.onclose = () => (opening = null);
      yes(request.result);
    };
    request.onerror = () => no(request.error);
  }).catch((error) => {
    opening = null;
    throw error;
  });
  return opening;
}

/** What `act` asks of a store; it is on the disk, not only on its way there, when this is answered. */
async function within(name, mode, act) {
  const database = await opened();
  return new Promise((yes, no) => {
    const transaction = database.transaction(name, mode, { durability: "strict" });
    const request = act(transaction.objectStore(name));
    transaction.oncomplete = () => yes(request?.result);
    transaction.onabort = () => no(transaction.error);
  });
}

export const read = (name, key) => within(name, "readonly", (store) => store.get(key));
export const readAll = (name) => within(name, "readonly", (store) => store.getAll());
export const write = (name, row) => within(name, "readwrite", (store) => store.put(row));
export const clear = (name) => within(name, "readwrite", (store) => store.clear());

/** Change all rows at once: `change(rows)` answers `[what to write, the keys of what to remove]`. */
export const rewrite = (name, keyOf, change) =>
  within(name, "readwrite", (store) => {
    const request = store.getAll();
    request.onsuccess = () => {
      const [written, removed] = change(request.result);
      for (const row of written) store.put(row);
      for (const row of removed) store.delete(keyOf(row));
    };
  });
