"""The codes of a campaign: add, retire, print the first of them, load millions."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, delete, func, insert, select, text, union_all
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from app.batches import batched
from app.campaign.awards.kinds import REWARD_KINDS
from app.campaign.eligibility import rules
from app.campaign.errors import BadCampaign, CampaignNotFound, RedeemedCouponMissing, SingleCouponFixed
from app.campaign.models.campaigns import Campaign
from app.campaign.models.coupons import Coupon
from app.campaign.models.limits import Stock
from app.campaign.models.rewards import RewardMethod
from app.db.engine import Database, TryAgain
from app.db.prepared import is_postgresql
from app.organizations.scope import Chains, within
from app.paging import Page, Paged
from app.text import written

TAKES_CODE = [kind.name for kind in REWARD_KINDS.values() if kind.takes_code]
PRINTED_MAX = 1000  # codes of one campaign
PRINTED_ON_PAGE_MAX = 10_000
CODE_LENGTH_MAX = 255
IMPORT_BATCH = 10_000
CAMPAIGNS_PER_STATEMENT = 100


def add(session: Session, campaign_id: int, codes: Sequence[str]) -> None:
    """Add codes to the end of a campaign's pool, in their order."""
    if codes:
        session.execute(insert(Coupon), _rows(session, campaign_id, list(map(written, codes))))


def _rows(session: Session, campaign_id: int, codes: Sequence[str]) -> list[dict[str, Any]]:
    of_campaign = {"campaign_id": campaign_id, "chain_id": session.scalar(_chain_of(campaign_id))}
    first = time.time_ns() // 1000  # later codes come later, without asking who was last
    return [{**of_campaign, "code": code, "position": first + i} for i, code in enumerate(codes)]


def _chain_of(campaign_id: int) -> Select[int]:
    return select(Campaign.chain_id).where(Campaign.id == campaign_id)


def replace(session: Session, campaign: Campaign, codes: Sequence[str]) -> None:
    """Make `codes` the campaign's codes: add the new, retire the missing that nobody bought, keep the rest.

    A pool too large to be printed is never retired from: whoever echoes what was printed has not seen it all.
    Raises RedeemedCouponMissing when a bought code is missing. The caller holds the campaign's stock row.
    """
    wanted = dict.fromkeys(map(written, codes))
    pool_is_printable = campaign.stock.coupons_count <= PRINTED_MAX
    mine = Coupon.campaign_id == campaign.id
    known = select(Coupon.id, Coupon.code, Coupon.award_id).where(mine)
    if not pool_is_printable:
        known = known.where(Coupon.code.in_(list(wanted)))
    present = {row.code: row for row in session.execute(known)}
    missing = [row for code, row in present.items() if written(code) not in wanted]
    sold = campaign.stock.given if campaign.single_coupon else 0
    if any(row.award_id is not None for row in missing) or (missing and sold):
        raise RedeemedCouponMissing(field="codes")
    ids = [row.id for row in missing]
    # A buyer may hold one of them, and wait for the stock row that we hold: do not wait for each other.
    free = select(Coupon.id).where(Coupon.id.in_(ids), Coupon.award_id.is_(None)).with_for_update(skip_locked=True)
    if len(session.scalars(free).all()) != len(ids):
        raise TryAgain("a coupon to be retired is being bought")
    session.execute(delete(Coupon).where(Coupon.id.in_(ids)))
    added = [code for code in wanted if code not in present]
    add(session, campaign.id, added)
    campaign.stock.coupons_count += len(added) - len(missing)


def first_of_each(session: Session, campaign_ids: Sequence[int]) -> dict[int, list[str]]:
    """The codes of each campaign, in their order; at most PRINTED_MAX each, and PRINTED_ON_PAGE_MAX together.

    A pool over PRINTED_MAX shows its first by code: the index that keeps codes unique finds them. On a long page, a pool
    that has no room shows none, so that an echo of the row is refused rather than taken for the whole pool.
    """
    each = max(1, min(PRINTED_MAX, PRINTED_ON_PAGE_MAX // max(1, len(campaign_ids))))
    found: dict[int, list[str]] = {campaign_id: [] for campaign_id in campaign_ids}
    for chunk in batched(campaign_ids, CAMPAIGNS_PER_STATEMENT):
        firsts = [
            select(Coupon.campaign_id, Coupon.code, Coupon.position)
            .where(Coupon.campaign_id == campaign_id)
            .order_by(Coupon.code)
            .limit(each)
            .subquery()
            .select()
            for campaign_id in chunk
        ]
        rows = session.execute(union_all(*firsts)).all()
        for campaign_id, code, _ in sorted(rows, key=lambda row: row.position):
            found[campaign_id].append(code)
    if each < PRINTED_MAX:
        found = {campaign_id: codes if len(codes) < each else [] for campaign_id, codes in found.items()}
    return found


def page(session: Session, campaign: UUID, chains: Chains, paging: Page) -> Paged[Coupon]:
    """All codes of a campaign, by code, a page at a time. Raises CampaignNotFound."""
    stock = session.scalars(
        select(Stock)
        .join(Campaign, Campaign.id == Stock.campaign_id)
        .where(Campaign.uuid == campaign, within(chains, Campaign.chain_id))
    ).one_or_none()
    if stock is None:
        raise CampaignNotFound
    query = select(Coupon).where(Coupon.campaign_id == stock.campaign_id).order_by(Coupon.code)
    return Paged(list(session.scalars(paging.cut(query))), stock.coupons_count)


def load(
    database: Database,
    campaign: UUID,
    codes: Iterable[str],
    progress: Callable[[int, int], None] = lambda read, added: None,
) -> int:
    """Add any number of codes to a campaign's pool and return how many were new.

    Works in batches, each kept as soon as it is loaded, in memory that does not grow with the file. Codes that the
    campaign has are skipped, so an import that was cut off can be started again. `progress` is called after each batch with
    how many codes were read and how many of them were new.
    Raises CampaignNotFound, or SingleCouponFixed for a campaign whose buyers share one code.
    """
    read = added = 0
    for batch in batched(codes, IMPORT_BATCH):
        with database.transaction() as session:
            database.without_time_limit(session)
            added += load_batch(session, campaign, batch)
        read += len(batch)
        progress(read, added)
    return added


def load_batch(session: Session, campaign: UUID, batch: list[str]) -> int:
    """Add codes to a campaign's pool in this transaction and return how many were new. Raises as `load` does."""
    campaign_id = session.scalar(select(Campaign.id).where(Campaign.uuid == campaign))
    if campaign_id is None:
        raise CampaignNotFound
    copy = _copy if is_postgresql(session) else _insert_ignoring_known
    new = copy(session, campaign_id, list(map(written, batch)))
    stock = session.scalars(select(Stock).where(Stock.campaign_id == campaign_id).with_for_update()).one()
    # Read only now, under the lock: an admin may have changed the limit while the codes were being copied.
    terms = session.execute(
        select(Campaign.limit, Campaign.single_coupon, Campaign.reward).where(Campaign.id == campaign_id)
    ).one()
    if terms.single_coupon and stock.coupons_count + new > 1:
        raise SingleCouponFixed("All buyers of this campaign share a single code; its pool holds no more than that.")
    if terms.reward is None and not _gives_coupons(session, campaign_id):
        raise BadCampaign("No reward method of this campaign gives coupons; it has no pool to load.")
    stock.coupons_count += new
    stock.allowed = rules.allowed(
        terms.limit, stock.coupons_count, terms.single_coupon, sells_coupons=terms.reward is not None
    )
    return new


def _gives_coupons(session: Session, campaign_id: int) -> bool:
    methods = select(RewardMethod.id).where(
        RewardMethod.campaign_id == campaign_id, RewardMethod.kind.in_(TAKES_CODE), RewardMethod.closed.is_(False)
    )
    return session.scalar(methods.limit(1)) is not None


def _copy(session: Session, campaign_id: int, batch: list[str]) -> int:
    session.execute(text("CREATE TEMPORARY TABLE loading (code text, position bigint) ON COMMIT DROP"))
    raw = cast(Any, session.connection().connection.driver_connection)
    with raw.cursor() as cursor, cursor.copy("COPY loading (code, position) FROM STDIN") as copy:
        first = time.time_ns() // 1000
        copy.write("".join(f"{code}\t{first + i}\n" for i, code in enumerate(_escaped(batch))))
    inserted = session.execute(
        text(
            "INSERT INTO coupon (chain_id, campaign_id, code, position)"
            " SELECT (SELECT chain_id FROM campaign WHERE id = :campaign), :campaign, code, position FROM loading"
            " ON CONFLICT (campaign_id, code) DO NOTHING"
        ),
        {"campaign": campaign_id},
    )
    return int(cast(Any, inserted).rowcount)


def _escaped(batch: list[str]) -> Iterator[str]:
    # COPY's text format gives a meaning to the backslash and to tabs; a line holds no line break.
    return (code.replace("\\", "\\\\").replace("\t", "\\t") for code in batch)


def _insert_ignoring_known(session: Session, campaign_id: int, batch: list[str]) -> int:
    count = select(func.count()).select_from(Coupon).where(Coupon.campaign_id == campaign_id)
    before = session.scalar(count) or 0
    statement = sqlite_insert(Coupon).on_conflict_do_nothing(index_elements=["campaign_id", "code"])
    session.execute(statement, _rows(session, campaign_id, batch))
    return (session.scalar(count) or 0) - before
