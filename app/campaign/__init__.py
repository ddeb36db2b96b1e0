"""The domain: a *campaign* gives *rewards* to an *audience*: coupons for points, prizes by lot, thanks for a referral.

One time that it gives is an *award*. What the customer then holds is a *voucher* (a coupon is a voucher for its code),
points in the ledger, or nothing. *Stock* says how often a campaign can still give, *usage* how often it gave to one
customer. *Reward methods* say what is given; a campaign without any sells its coupons. The *context* is what makes it give:
an interaction, a basket, a sign-up, a referral, an event. Events are counted by *behaviors*, which are *achieved* by so many of
them.

The rooms, from the top down; each knows only those below it:

- `listings`: pages of campaigns, a file a reader: for buying, for a chain, for one customer.
- `setup`: create, change and switch a campaign; plans and warnings before, the history after; its codes and its photos.
- `document`: what is decided about a campaign, whole, as a spec and as one document; whether it makes sense; asking it unsaved.
- `triggers`: what makes a campaign give, and whether an event counts. Start reading here: `triggers/purchases.buy` is a seller's sale.
- `awards`: the one way to give, its guarded changes, which reward is chosen, draws and their verification.
- `engagement`: events become progress, and progress a state; opting in and out; creatives.
- `eligibility`: may this customer have it now, and every reason why not. `rules` is pure, and decides; `explain` words it for people.
- `audience`: whom a campaign is for, and who is shown it; restrictions, for one customer and in SQL.
- `vouchers`: claim, lock, redeem, expire, issue, find; those that were `bought`.
- `models`: what is stored, a file a noun.

Beside them `invariants`, what must be true at any instant; `activity`, whether a campaign is switched on, open or over;
`limits`; and `errors`, every refusal.
"""
