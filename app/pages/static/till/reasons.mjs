// Why a customer cannot have something, in the reader's words.
import { points, soon } from "kit/format.mjs";
import { t } from "kit/texts.mjs";
import { reasonText } from "kit/ui.mjs";
import { api } from "./seller.mjs";

/** Every reason of the service why not; none when it cannot be asked. */
export async function whyNot(customer, campaign) {
  try {
    const path = `/api/seller/customer/${customer}/campaign/${campaign}/eligibility`;
    const { reasons } = await api.get(path, null, { signal: AbortSignal.timeout(5_000) });
    return reasons.map(({ opensAt, ...reason }) => ({ ...reason, opens_at: opensAt ?? null }));
  } catch {
    return [];
  }
}

/** `42 points to go`, `Opens Friday 10:00`. */
export function said(reason) {
  const sentence = reasonText(reason, reason.missing ? { missing: points(reason.missing) } : {});
  if (!reason.opens_at) return sentence;
  const opens = t("reason.opens", { when: soon(reason.opens_at) });
  return reason.code === "campaign_not_yet_active" ? opens : `${sentence} ${opens}`;
}
