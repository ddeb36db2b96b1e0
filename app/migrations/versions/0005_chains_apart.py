"""Levels, segments and shops belong to a chain, and sellers work for one.

What is there goes to the first chain. A level or a segment that another chain uses as well, because its customers stand there or
because a campaign of its names it, is copied for that chain: its customers and its campaigns, and what those restrict, see the copy. Lists of customers keep the chain's own.
"""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import sqlalchemy as sa
from alembic import op

from app.migrations.checks import require_value

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAMES_AT_ONCE = 500
OWNED = ("level", "segment", "pos")
LEVEL_COLUMNS = (
    "name, description, active, condition_value, min_order, reward_name, reward_hundredths_of_percent, reward_code, created_at"
)
SEGMENT_COLUMNS = "name, description, active, created_at"


def upgrade() -> None:
    bind = op.get_bind()
    integer = "BIGINT" if bind.dialect.name == "postgresql" else "INTEGER"
    for table in (*OWNED, "login"):
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN chain_id {integer}"
            f" CONSTRAINT fk_{table}_chain_id_chain REFERENCES chain (id)"
        )
        op.execute(
            f"UPDATE {table} SET chain_id = (SELECT MIN(id) FROM chain)" + " WHERE role = 'seller'" * (table == "login")
        )
    for chain in bind.scalars(sa.text("SELECT id FROM chain WHERE id > (SELECT MIN(id) FROM chain)")).all():
        copies = {**_copy_levels(bind, chain), **_copy_segments(bind, chain)}
        _point_audiences(bind, chain, copies)
        _point_restrictions(bind, chain, copies)
    _keep_own_names(bind)
    for table in OWNED:
        require_value(table, "chain_id")
    for table in ("level", "segment"):
        op.create_index(f"ix_{table}_chain_id", table, ["chain_id"])


def downgrade() -> None:
    raise NotImplementedError("Chains have levels of their own now. Restore a backup of before the upgrade.")


Copies = dict[uuid.UUID, uuid.UUID]
NAMED = (
    "SELECT t.uuid FROM campaign c JOIN audience_target t ON t.audience_id = c.audience_id"
    " WHERE c.chain_id = :chain AND t.kind = '{kind}'"
)


def _copied(bind: sa.Connection, table: str, columns: str, old_id: int, chain: int) -> tuple[int, uuid.UUID, uuid.UUID]:
    """The id of a copy for another chain, and the UUIDs of both."""
    old = bind.scalar(sa.text(f"SELECT uuid FROM {table} WHERE id = :id").columns(uuid=sa.Uuid), {"id": old_id})
    new = uuid.uuid4()
    copy = sa.text(
        f"INSERT INTO {table} (uuid, chain_id, {columns}) SELECT :uuid, :chain, {columns} FROM {table} WHERE id = :id RETURNING id"
    ).bindparams(sa.bindparam("uuid", type_=sa.Uuid))
    return bind.scalar(copy, {"uuid": new, "chain": chain, "id": old_id}) or 0, old or new, new


def _copy_levels(bind: sa.Connection, chain: int) -> Copies:
    used = sa.text(
        "SELECT id FROM level WHERE id IN (SELECT level_id FROM customer WHERE chain_id = :chain) OR id IN"
        " (SELECT manual_level_id FROM customer WHERE chain_id = :chain) OR uuid IN (" + NAMED.format(kind="level") + ")"
    )
    copies = {}
    for old_id in bind.scalars(used, {"chain": chain}).all():
        new_id, old, new = _copied(bind, "level", LEVEL_COLUMNS, old_id, chain)
        copies[old] = new
        for table, column in (("customer", "level_id"), ("customer", "manual_level_id"), ("headcount", "level_id")):
            bind.execute(
                sa.text(f"UPDATE {table} SET {column} = :new WHERE chain_id = :chain AND {column} = :old"),
                {"new": new_id, "old": old_id, "chain": chain},
            )
    return copies


def _copy_segments(bind: sa.Connection, chain: int) -> Copies:
    used = sa.text(
        "SELECT id FROM segment WHERE id IN (SELECT m.segment_id FROM segment_member m JOIN customer c ON c.id = m.customer_id"
        " WHERE c.chain_id = :chain) OR uuid IN (" + NAMED.format(kind="segment") + ")"
    )
    copies = {}
    for old_id in bind.scalars(used, {"chain": chain}).all():
        new_id, old, new = _copied(bind, "segment", SEGMENT_COLUMNS, old_id, chain)
        copies[old] = new
        _copy_parts(bind, old_id, new_id)
        ids = {"new": new_id, "old": old_id, "chain": chain}
        bind.execute(
            sa.text(
                "UPDATE segment_member SET segment_id = :new WHERE segment_id = :old"
                " AND customer_id IN (SELECT id FROM customer WHERE chain_id = :chain)"
            ),
            ids,
        )
        bind.execute(
            sa.text("UPDATE headcount SET segment_id = :new WHERE segment_id = :old AND chain_id = :chain"), ids
        )
    return copies


def _copy_parts(bind: sa.Connection, old_segment: int, new_segment: int) -> None:
    insert_part = sa.text("INSERT INTO segment_part (uuid, segment_id) VALUES (:uuid, :segment) RETURNING id")
    insert_criterion = sa.text(
        "INSERT INTO segment_criterion (uuid, part_id, type, terms) SELECT :uuid, :part, type, terms"
        " FROM segment_criterion WHERE id = :old"
    )
    typed = sa.bindparam("uuid", type_=sa.Uuid)
    parts = sa.text("SELECT id FROM segment_part WHERE segment_id = :segment ORDER BY id")
    for old_part in bind.scalars(parts, {"segment": old_segment}).all():
        part = bind.scalar(insert_part.bindparams(typed), {"uuid": uuid.uuid4(), "segment": new_segment})
        criteria = sa.text("SELECT id FROM segment_criterion WHERE part_id = :part ORDER BY id")
        for old in bind.scalars(criteria, {"part": old_part}).all():
            bind.execute(insert_criterion.bindparams(typed), {"uuid": uuid.uuid4(), "part": part, "old": old})


def _point_audiences(bind: sa.Connection, chain: int, copies: Copies) -> None:
    """Let the chain's campaigns be for the copies. Audiences are shared by what they target, so each is found or made."""
    audiences = sa.text("SELECT DISTINCT audience_id FROM campaign WHERE chain_id = :chain")
    targets_of = sa.text("SELECT kind, uuid FROM audience_target WHERE audience_id = :id ORDER BY position")
    for old_id in bind.scalars(audiences, {"chain": chain}).all():
        old = bind.execute(targets_of.columns(kind=sa.String, uuid=sa.Uuid), {"id": old_id}).all()
        targets = [(kind, copies.get(target, target)) for kind, target in old]
        if targets == [tuple(row) for row in old]:
            continue
        new_id = _audience(bind, targets)
        bind.execute(
            sa.text("UPDATE campaign SET audience_id = :new WHERE audience_id = :old AND chain_id = :chain"),
            {"new": new_id, "old": old_id, "chain": chain},
        )


def _point_restrictions(bind: sa.Connection, chain: int, copies: Copies) -> None:
    """Restrictions may name levels and segments by their UUIDs, too. Trees are shared by what they say, so each is found or made."""
    named = sa.text(
        "SELECT c.id, t.tree FROM campaign c JOIN targeting t ON t.id = c.targeting_id WHERE c.chain_id = :chain"
    ).columns(id=sa.BigInteger, tree=sa.JSON)
    for campaign, tree in bind.execute(named, {"chain": chain}).all():
        pointed = _pointed(tree, copies)
        if pointed != tree:
            bind.execute(
                sa.text("UPDATE campaign SET targeting_id = :targeting WHERE id = :id"),
                {"targeting": _targeting(bind, pointed), "id": campaign},
            )
    methods = sa.text(
        "SELECT m.id, m.restrictions FROM reward_method m JOIN campaign c ON c.id = m.campaign_id"
        " WHERE c.chain_id = :chain AND m.restrictions IS NOT NULL"
    ).columns(id=sa.BigInteger, restrictions=sa.JSON)
    update = sa.text("UPDATE reward_method SET restrictions = :tree WHERE id = :id").bindparams(
        sa.bindparam("tree", type_=sa.JSON)
    )
    for method, tree in bind.execute(methods, {"chain": chain}).all():
        if tree is not None:
            bind.execute(update, {"tree": _pointed(tree, copies), "id": method})


def _pointed(tree: Any, copies: Copies) -> Any:
    if isinstance(tree, dict):
        return {name: _pointed(value, copies) for name, value in tree.items()}
    if isinstance(tree, list):
        return [_pointed(value, copies) for value in tree]
    with suppress(ValueError, AttributeError, TypeError):
        return str(copies.get(uuid.UUID(tree), tree))
    return tree


def _targeting(bind: sa.Connection, tree: Any) -> int:
    key = hashlib.sha256(repr(tree).encode()).hexdigest()
    found = bind.scalar(sa.text("SELECT id FROM targeting WHERE key = :key"), {"key": key})
    if found:
        return int(found)
    insert = sa.text("INSERT INTO targeting (key, tree) VALUES (:key, :tree) RETURNING id")
    made = bind.scalar(insert.bindparams(sa.bindparam("tree", type_=sa.JSON)), {"key": key, "tree": tree})
    # It asks for no key, and is looked at for every customer.
    bind.execute(sa.text("INSERT INTO targeting_key (field, value, targeting_id) VALUES ('', '', :id)"), {"id": made})
    return int(made or 0)


def _keep_own_names(bind: sa.Connection) -> None:
    """A segment's list names no customers of another chain any more: they were never to be read there."""
    if bind.scalar(sa.text("SELECT COUNT(*) FROM chain")) == 1:
        return
    criteria = sa.text(
        "SELECT c.id, s.chain_id, c.terms FROM segment_criterion c JOIN segment_part p ON p.id = c.part_id"
        " JOIN segment s ON s.id = p.segment_id"
    ).columns(id=sa.BigInteger, chain_id=sa.BigInteger, terms=sa.JSON)
    update = sa.text("UPDATE segment_criterion SET terms = :terms WHERE id = :id").bindparams(
        sa.bindparam("terms", type_=sa.JSON)
    )
    for criterion, chain, terms in bind.execute(criteria).all():
        names = terms.get("customers") or []
        chains_of: dict[str, set[int]] = {}
        for i in range(0, len(names), NAMES_AT_ONCE):
            for name, owner in _owners(bind, [str(name) for name in names[i : i + NAMES_AT_ONCE]]):
                chains_of.setdefault(name, set()).add(owner)
        kept = [name for name in names if chain in chains_of.get(str(name).lower(), {chain})]
        if kept != names:
            bind.execute(update, {"terms": {**terms, "customers": kept}, "id": criterion})


def _owners(bind: sa.Connection, names: list[str]) -> Iterator[tuple[str, int]]:
    """Each name of a customer in lower case, with the customer's chain."""
    uuids = []
    for name in names:
        with suppress(ValueError):
            uuids.append(uuid.UUID(name))
    query = (
        sa.text(
            "SELECT c.chain_id, c.uuid, p.phone, p.loyalty_card_number, p.email FROM customer c JOIN profile p"
            " ON p.customer_id = c.id WHERE c.uuid IN :uuids OR p.phone IN :names OR p.loyalty_card_number IN :names"
            " OR p.email IN :lowered"
        )
        .bindparams(
            sa.bindparam("uuids", expanding=True, type_=sa.Uuid),
            sa.bindparam("names", expanding=True),
            sa.bindparam("lowered", expanding=True),
        )
        .columns(chain_id=sa.BigInteger, uuid=sa.Uuid, phone=sa.String, loyalty_card_number=sa.String, email=sa.String)
    )
    values = {"uuids": uuids, "names": names, "lowered": [name.lower() for name in names]}
    for chain, *own in bind.execute(query, values):
        for name in own:
            if name is not None:
                yield str(name).lower(), chain


def _audience(bind: sa.Connection, targets: list[tuple[str, uuid.UUID]]) -> int:
    key = hashlib.sha256(" ".join(f"{kind}:{target}" for kind, target in targets).encode()).hexdigest()
    found = bind.scalar(sa.text("SELECT id FROM audience WHERE key = :key"), {"key": key})
    if found:
        return int(found)
    made = bind.scalar(sa.text("INSERT INTO audience (key) VALUES (:key) RETURNING id"), {"key": key})
    insert = sa.text("INSERT INTO audience_target (audience_id, position, kind, uuid) VALUES (:id, :i, :kind, :uuid)")
    for i, (kind, target) in enumerate(targets):
        bind.execute(
            insert.bindparams(sa.bindparam("uuid", type_=sa.Uuid)), {"id": made, "i": i, "kind": kind, "uuid": target}
        )
    return int(made or 0)
