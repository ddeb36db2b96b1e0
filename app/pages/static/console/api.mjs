// The API as the admin who is signed in calls it.
import { createApi } from "kit/api.mjs";

export const api = createApi("admin");
export const campaignPath = (key, rest = "") => `/api/admin/campaigns/${encodeURIComponent(key)}${rest}`;
