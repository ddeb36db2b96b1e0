"""What belongs to a chain: each table says by which of its columns."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, String, Table, cast, exists, func, or_, select

from app.db.types import AnyColumn, AnySelect
from app.migrations.tables import metadata
from app.organizations.models import Chain

CHAIN = Chain.__tablename__
# What an admin decides about campaigns.
OF_CAMPAIGNS = (
    "behavior",
    "campaign_category",
    "campaign_label",
    "campaign_revision",
    "campaign_text",
    "creative",
    "draw_odds",
    "draw_seed",
    "photo",
    "reward_method",
    "stock",
    "stock_notice",
)
# What each cell finds out by itself: of the whole installation, for a moment, or counted again.
NOT_MOVED = {"installation", "clock_job", "wrong_tries", "always_on_show", "reached"}
# A column that holds the chain's id, or the table of the row that another one names, whose chain it is. Several: any of them.
# Those without a word here have a column `chain_id`.
OWNERS: dict[str, tuple[tuple[str, str], ...]] = {
    "chain": (("id", CHAIN),),
    **dict.fromkeys(OF_CAMPAIGNS, (("campaign_id", "campaign"),)),
    "goal": (("behavior_id", "behavior"),),
    "method_tally": (("method_id", "reward_method"),),
    "segment_part": (("segment_id", "segment"),),
    "segment_criterion": (("part_id", "segment_part"),),
    "login": (("chain_id", CHAIN), ("customer_id", "customer")),
    "login_role": (("role_id", "role"),),
    "refresh_token": (("login_id", "login"),),
    "session_key": (("login_id", "login"),),
    "access_token": (("app_host_id", "app_host"),),
    "stored_answer": (),  # by whom it was given to, or what it was about: see `belongs`
}
# The same for all chains, found by what they say: those that a chain's campaigns use go with it.
SHARED = {"audience": "id", "audience_target": "audience_id", "targeting": "id", "targeting_key": "targeting_id"}

OWNERS |= {
    table.name: (("chain_id", CHAIN),)
    for table in metadata.sorted_tables
    if "chain_id" in table.columns and table.name not in OWNERS.keys() | NOT_MOVED
}


def belongs(table: Table, chain_id: int, column: Callable[[str], AnyColumn] | None = None) -> ColumnElement[bool]:
    """Whether a row of a table belongs to a chain. `column` gives the row's columns, where it is not the table's own row."""
    column = column or table.c.__getitem__
    if table.name == "stored_answer":
        login, principal = metadata.tables["login"], column("principal")
        own = select(login.c.id).where(belongs(login, chain_id))
        award = metadata.tables["award"]
        given = exists().where(award.c.id == column("effect"), award.c.chain_id == chain_id)
        return or_(principal.like(f"token % chain {chain_id}"), answered(principal, own), given)
    return or_(*(_reaches(column(name), owner, chain_id) for name, owner in OWNERS[table.name]))


def _reaches(column: AnyColumn, owner: str, chain_id: int) -> ColumnElement[bool]:
    if owner == CHAIN:
        return column == chain_id
    parent = metadata.tables[owner]
    # Row by row, by the owner's key: whoever asks for one row looks up one owner.
    found = select(1).select_from(parent).where(parent.c.id == column, belongs(parent, chain_id))
    return exists(found.correlate_except(parent))


def answered(principal: AnyColumn, logins: AnySelect) -> ColumnElement[bool]:
    """Whether an answer was given to one of these logins; see `Caller.principal`."""
    login = metadata.tables["login"]
    hexadecimal = func.replace(cast(login.c.uuid, String), "-", "")
    return principal.in_(select(hexadecimal).where(login.c.id.in_(logins)))
