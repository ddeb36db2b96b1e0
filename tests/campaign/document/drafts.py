"""Random documents of campaigns that make sense, of any kind."""

from typing import Any

from hypothesis import strategies as st

from app.campaign.document.values import WEEKDAYS
from app.campaign.models.campaigns import CAMPAIGN_TYPES, COUPON_KINDS
from app.organizations.models import UNITS
from app.text import trimmed

TEXT = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=12).map(
    lambda text: trimmed(text) or "x"
)
SLUG = st.from_regex(r"[a-z0-9]{1,5}(-[a-z0-9]{1,5}){0,2}", fullmatch=True)
AMOUNT = st.integers(1, 10**7).map(lambda hundredths: f"{hundredths // 100}.{hundredths % 100:02d}")
YEARS = st.integers(2001, 2900)
RESTRICTIONS = st.sampled_from(
    [None, {"user.age": {"$gte": 18}}, {"$or": [{"user.tags": "vip"}, {"user.level": {"$in": ["silver"]}}]}]
)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | values


def moment(year: int) -> str:
    return f"{year}-03-04T05:06:07+00:00"


@st.composite
def window(draw: st.DrawFn) -> dict[str, Any]:
    first, last = sorted((draw(YEARS), draw(YEARS)))
    return {"from": draw(maybe(st.just(moment(first)))), "to": draw(maybe(st.just(moment(last + 1))))}


def texts() -> st.SearchStrategy[dict[str, Any]]:
    names = ("short_description", "conditions_description", "usage_instruction")
    return st.fixed_dictionaries({name: maybe(TEXT) for name in names})


def clock() -> st.SearchStrategy[str]:
    return st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))


def period_limit(least: int = 1) -> st.SearchStrategy[Any]:
    return maybe(st.fixed_dictionaries({"limit": st.integers(least, 50), "unit": st.sampled_from(UNITS)}))


def customer_limit() -> st.SearchStrategy[Any]:
    units = st.none() | st.sampled_from(UNITS)
    return maybe(st.fixed_dictionaries({"limit": st.integers(1, 50), "unit": units}))


@st.composite
def reward(
    draw: st.DrawFn, key: str, recipients: tuple[str, ...], behaviors: list[str], coupon: bool
) -> dict[str, Any]:
    kind = "coupon" if coupon else draw(st.sampled_from(("points", "voucher", "nothing")))
    voucher = {"kind": None, "amount": None, "percent": None, "code": None, "text": None, "valid_seconds": None}
    if kind == "voucher":
        name, field, values = draw(
            st.sampled_from(
                [("basket", "amount", AMOUNT), ("basket_pct", "percent", st.just("12.50")), ("honour", "code", SLUG)]
            )
        )
        voucher |= {
            "kind": name,
            field: draw(values),
            "text": draw(maybe(TEXT)),
            "valid_seconds": draw(maybe(st.just(60))),
        }
    return {
        "key": key,
        "title": draw(TEXT),
        "kind": kind,
        "points": draw(AMOUNT) if kind == "points" else None,
        "voucher": voucher if kind == "voucher" else None,
        "recipient": draw(st.sampled_from(recipients)),
        "behavior": draw(maybe(st.sampled_from(behaviors))) if behaviors else None,
        "weight": draw(st.integers(0, 9)),
        "stock": draw(maybe(st.integers(1, 99))),
        "per_period": draw(period_limit()),
        "per_customer": draw(customer_limit()),
        "restrictions": draw(RESTRICTIONS),
        "offer": draw(st.sampled_from([None, {}, {"offer_text": {"title": "One"}, "buy_count": 2}])),
    }


@st.composite
def behavior(draw: st.DrawFn, name: str) -> dict[str, Any]:
    kind = draw(st.sampled_from(("count", "unique", "composite")))
    goals = [
        {
            "event_name": event,
            "earn_count": draw(st.integers(1, 9)),
            "points": draw(AMOUNT | st.just("0.00")),
            "required": draw(st.booleans()),
            "group": "0" if kind != "composite" else draw(st.sampled_from(("0", "1"))),
            "kind": draw(st.sampled_from(("count", "unique"))) if kind == "composite" else kind,
            "min_gap_seconds": draw(maybe(st.integers(1, 999))),
            "consecutive": False,
            "unique_key": draw(maybe(TEXT)),
        }
        for event in ("visit", "look", "tell")[: draw(st.integers(1, 3)) if kind == "composite" else 1]
    ]
    return {
        "name": name,
        "kind": kind,
        "event_name": draw(maybe(SLUG)) if kind == "composite" else None,
        "points": draw(AMOUNT | st.just("0.00")),
        "times_max": draw(maybe(st.integers(1, 9))),
        "per_period": {"limit": draw(maybe(st.integers(1, 9))), "seconds": draw(st.integers(1, 10**6))},
        "goals": goals,
        "groups": {},
    }


@st.composite
def documents(draw: st.DrawFn, key: str = "drawn", lifecycle: str | None = None) -> dict[str, Any]:
    """A whole document, as it would be printed."""
    kind = draw(st.sampled_from(("interaction", "composable", "referral", "signup", "basket")))
    context = kind
    if kind == "composable":
        context = draw(st.sampled_from(("interaction", "basket", "signup", "referral", "event", "internal")))
    sells = context == "interaction" and draw(st.booleans())
    draws = context == "interaction" and not sells and draw(st.booleans())
    counted = (
        [draw(behavior(name)) for name in ("Visits", "Looks")[: draw(st.integers(1, 2))]] if context == "event" else []
    )
    rewards: list[dict[str, Any]] = []
    if not sells:
        recipients = ("referring", "referred") if context == "referral" else ("customer",)
        names = [it["name"] for it in counted]
        count = draw(st.integers(0 if context == "event" else 2, 3))
        has_coupon = draw(st.booleans())
        rewards = [
            draw(reward(key, recipients, names, has_coupon and i == 0))
            for i, key in enumerate(draw(st.permutations(("first", "second", "third")))[:count])
        ]
        for it in rewards:
            it["restrictions"] = None if context == "internal" else it["restrictions"]
        if draws:
            rewards[0]["weight"] = 5
    activity = draw(window())
    is_limited = context != "event"
    everyone = draw(st.booleans())
    return {
        "version": 1,
        "key": key,
        "name": draw(TEXT),
        "kind": kind,
        "context": context,
        "handling": "random_draw" if draws else "independent",
        "lifecycle": lifecycle or draw(st.sampled_from(("draft", "inreview", "live", "paused"))),
        "texts": draw(texts()),
        "translations": draw(
            st.dictionaries(
                st.sampled_from(("pl", "de", "pt-BR")),
                st.builds(lambda said, name: {**said, "name": name}, texts(), TEXT),
                max_size=2,
            )
        ),
        "labels": draw(st.lists(st.fixed_dictionaries({"key": TEXT, "value": TEXT}), max_size=2)),
        "activity": activity,
        "visibility": draw(window()),
        "hours": {
            "time_zone": "UTC",
            "weekdays": [day for day in WEEKDAYS if draw(st.booleans())] or ["sunday"],
            "from": draw(clock()),
            "to": draw(st.just("24:00") | clock()),
        },
        "audience": {
            "everyone": everyone,
            "levels": [] if everyone else draw(st.lists(st.sampled_from(("bronze", "silver")), unique=True)),
            "segments": [],
        },
        "restrictions": None if context == "internal" else draw(RESTRICTIONS),
        "opt_in": {
            "required": draw(st.booleans()),
            "from": activity["from"],
            "to": None,
            "places": draw(maybe(st.integers(1, 99))),
        },
        "price": draw(AMOUNT) if context == "interaction" else "0.00",
        "limits": {
            "overall": draw(maybe(st.integers(1, 99))) if is_limited else None,
            "per_period": draw(period_limit()) if is_limited else None,
            "per_customer": draw(customer_limit()) if is_limited else None,
        },
        "sale": {"coupon_kind": draw(st.sampled_from(COUPON_KINDS)), "single_coupon": draw(st.booleans())}
        if sells
        else None,
        "rewards": rewards,
        "behaviors": counted,
        "vouchers": {"customer_may_claim": draw(st.booleans()), "claimed_by_default": draw(st.booleans())},
        "creatives": draw(
            st.lists(
                st.fixed_dictionaries(
                    {
                        "kind": st.sampled_from(("internal_tile", "internal_full_page")),
                        "content": st.sampled_from(
                            [{}, {"message": {"header": "Come"}}, {"title": "T", "text": "Long"}]
                        ),
                        "tracks_clicks": st.booleans(),
                    }
                ),
                max_size=2,
                unique_by=lambda it: it["kind"],
            ).map(lambda them: sorted(them, key=lambda it: it["kind"]))
        ),
        "business": None,
        "listing": {
            "external_id": draw(maybe(SLUG)),
            "has_unique_name": draw(st.booleans()),
            "campaign_type": draw(maybe(st.sampled_from(CAMPAIGN_TYPES))),
            "details": draw(maybe(st.just({"any": ["thing", 1]}))),
            "sponsor_name": draw(maybe(TEXT)),
            "reporting_ends_at": draw(maybe(st.just(moment(2100)))),
            "qualify_tag": draw(maybe(TEXT)),
            "disqualify_tag": None,
            "is_featured": draw(st.booleans()),
            "is_public": draw(st.booleans()),
            "categories": [],
        },
    }
