"""The domain: a *campaign* offers a *reward* for points to an *audience* (levels and segments of customers).

A customer who buys gets a *coupon* and leaves a *purchase*. *Stock* says how many are left, *usage* how many one
customer has bought, *terms* is the version of what a campaign promises.

- `rules`: may this customer have it now, and if not, every reason why. Pure; nothing else decides.
- `eligibility`: the facts that the rules ask for, read in one query, for a purchase, a page or an explanation.
- `purchases`: buy, mark as used, list; `sales`: the guarded changes of a purchase.
- `catalogue`: the pages of campaigns that admins, sellers and customers see.
- `campaigns`: create, change, switch on and off. `audiences`, `coupons`, `photos`: what belongs to a campaign.
- `invariants`: what must be true at any instant. `errors`: every refusal.
"""
