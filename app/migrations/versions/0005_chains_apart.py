"""Levels, segments and shops belong to a chain, and sellers work for one.

What is there goes to the first chain. A level or a segment that another chain uses as well, because its customers stand there or
because a campaign of its names it, is copied for that chain: its customers and its campaigns see the copy, which reads the same.
"""

import hashlib
import uuid

import sqlalchemy as sa
from alembic import op

from app.migrations.checks import require_value

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

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
