"""The domain: a *campaign* gives *rewards* to an *audience*: coupons for points, prizes by lot, thanks for a referral.

One time that it gives is an *award*. What the customer then holds is a *voucher* (a coupon is a voucher for its code),
points in the ledger, or nothing. *Stock* says how often a campaign can still give, *usage* how often it gave to one
customer, *terms* is the version of what it promises. *Reward methods* say what is given; a campaign without any sells its
coupons. The *context* is what makes it give: an interaction, a basket, a sign-up, a referral, an event. Events are counted by *behaviors*,
which are *achieved* by so many of them.

- `rules`: may this customer have it now, and if not, every reason why; which reward. Pure; nothing else decides.
  `periods`, `targeting`, `draws`: pure, too: units of time, restrictions, tickets.
- `counting`, `states`: events become progress, and progress a state; pure, too. `targeting_sql`: restrictions for all customers.
- `eligibility`: the facts that the rules ask for, read in one query, for an award, a page or an explanation.
- `awards`: give, the one way in which anything is given; `changes`: its guarded changes.
- Who has something given: `purchases` (buy, mark as used, list), `interactions`, `signups`, `baskets`, `referrals`, `events`.
- `behaviors`: what events are rewarded for; `progress`, `receipts`: how far customers have come, and what was told.
  `opt_ins`: who takes part; `creatives`: how campaigns present themselves; `standings`: campaigns as one customer stands in them.
- `vouchers`: claim, lock, redeem, expire, issue; `voucher_lookup`: find and list them; `voucher_terms`: what they can be worth.
- `catalogue`: the pages of campaigns that sell coupons; `overview`: all campaigns of a chain, with progress.
- `campaigns`: create, change, switch on and off; `plans`: what is decided about one. `audiences`, `coupons`, `photos`:
  what belongs to a campaign.
- `invariants`: what must be true at any instant; `verification`: recompute every draw. `errors`: every refusal.
- `models`: campaigns and what is left of them; `award_models`: what was given; `event_models`: what customers do.
"""
