// The API, as the customer who is signed in calls it.
import { createApi } from "kit/api.mjs";

export const api = createApi("customer");
