// Why a customer cannot have something.
import { api } from "./seller.mjs";

/** Every reason of the service why not; none when it cannot be asked. */
export async function reasonsOf(customer, campaign) {
  try {
    const path = `/api/seller/customer/${customer}/campaign/${campaign}/eligibility`;
    const { reasons } = await api.get(path, null, { signal: AbortSignal.timeout(5_000) });
    return reasons.map(({ opensAt, ...reason }) => ({ ...reason, opens_at: opensAt ?? null }));
  } catch {
    return [];
  }
}
