// The customer's name, level and balance, which every screen shows.
import { createStore, useStore } from "kit/store.mjs";
import { api } from "./api.mjs";

const status = createStore(null); // `{points, firstName, levelName, …}` of whoever is signed in, once it is known
let asked = null; // for whom it is known

api.signedIn.follow((session) => {
  if (session?.id === asked) return;
  asked = null;
  status.set(null);
});

/** Ask anew: something was bought, given, or changed. */
export async function refreshWallet() {
  const { id } = api.signedIn.get();
  asked = id;
  const known = await api.get(`/api/customer/${id}/status`);
  if (asked === id) status.set(known);
}

export const useWallet = () => useStore(status);
