// Buying and playing, once each, however often it is asked.
import { isUnanswered as isOpen, once } from "kit/once.mjs";
import { api } from "./api.mjs";

const meant = (wish, campaign) => [wish, api.signedIn.get().id, campaign];

/** Whether this was asked before and no answer came. */
export const isUnanswered = (wish, campaign) => isOpen(meant(wish, campaign));

/** Ask the API to do something once. `wish` is buy or play. */
export const askOnce = (wish, campaign, path) => once(meant(wish, campaign), (key) => api.post(path, undefined, { key }));
