"""Identifiers and codes in their written form, and names folded for searching. See `app.text`.

Where two rows would become the same, both stay as they are, and the log names them: somebody must decide which is right. The one
that is not in its written form is found by nobody until then.
"""

import logging

import sqlalchemy as sa
from alembic import op

from app.text import folded, written

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

log = logging.getLogger("guerdon.migrations")

FOLDED = (("profile", "first_name"), ("profile", "last_name"), ("segment", "name"), ("campaign", "name"))
# Of each: the table, the column, what it is unique together with (None: it need not be unique), and whether capitals count.
WRITTEN: tuple[tuple[str, str, tuple[str, ...] | None, bool], ...] = (
    ("profile", "email", (), False),
    ("profile", "phone", (), True),
    ("profile", "loyalty_card_number", (), True),
    ("profile", "authentication_point_identifier", (), True),
    ("profile", "auxiliary_identifier", (), True),
    ("profile", "referral_code", (), True),
    ("customer", "external_id", ("chain_id",), True),
    ("customer_tag", "name", ("customer_id",), True),
    ("login", "username", ("role",), False),
    ("login", "email", ("role",), False),
    ("app_host", "hostname", (), False),
    ("business", "division_id", ("chain_id",), True),
    ("pos", "identifier", (), True),
    ("campaign", "permalink", (), True),
    ("campaign", "external_id", ("chain_id",), True),
    ("reward_method", "voucher_code", None, True),
    ("behavior", "event_name", None, True),
    ("goal", "event_name", None, True),
    ("coupon", "code", ("campaign_id",), True),
    ("voucher", "code", None, True),
    ("voucher", "lock_code", None, True),
    ("voucher", "basket_code", None, True),
    ("basket", "reference", ("chain_id",), True),
    ("event_receipt", "name", ("customer_id", "transaction_id"), True),
    ("event_receipt", "transaction_id", ("customer_id", "name"), True),
)
ODD = {
    "postgresql": "{column} ~ '[^ -~]' OR {column} <> btrim({column})",
    "sqlite": "{column} GLOB '*[^ -~]*' OR {column} <> trim({column})",
}
NOT_ASCII = {"postgresql": "{column} ~ '[^\\x01-\\x7f]'", "sqlite": "{column} GLOB '*[^' || char(1) || '-' || char(127) || ']*'"}
LOWER = {"postgresql": 'lower({column} COLLATE "C")', "sqlite": "lower({column})"}


def upgrade() -> None:
    bind = op.get_bind()
    dialect = bind.dialect.name
    for table, column in FOLDED:
        kind = "VARCHAR" if dialect == "postgresql" else "TEXT"
        op.execute(f"ALTER TABLE {table} ADD COLUMN {column}_folded {kind} NOT NULL DEFAULT ''")
        op.execute(f"UPDATE {table} SET {column}_folded = {LOWER[dialect].format(column=column)}")
        _fold(bind, table, column)
        if dialect == "postgresql":
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column}_folded DROP DEFAULT")
    for table, column, scope, capitals_count in WRITTEN:
        _write(bind, table, column, scope, capitals_count)
    # A voucher for a coupon has the coupon's code, whatever became of that.
    op.execute(
        "UPDATE voucher SET code = (SELECT k.code FROM coupon k WHERE k.id = voucher.coupon_id) WHERE coupon_id IN"
        " (SELECT k.id FROM coupon k WHERE k.code <> voucher.code)"
    )


def downgrade() -> None:
    raise NotImplementedError("What the texts were is not kept. Restore a backup of before the upgrade.")


def _fold(bind: sa.Connection, table: str, column: str) -> None:
    key = "customer_id" if table == "profile" else "id"
    odd = NOT_ASCII[bind.dialect.name].format(column=column)
    rows = bind.execute(sa.text(f"SELECT {key}, {column} FROM {table} WHERE {odd}").execution_options(yield_per=10_000))
    changes = [{"key": row[0], "folded": folded(row[1])} for row in rows]
    if changes:
        bind.execute(sa.text(f"UPDATE {table} SET {column}_folded = :folded WHERE {key} = :key"), changes)


def _write(bind: sa.Connection, table: str, column: str, scope: tuple[str, ...] | None, capitals_count: bool) -> None:
    odd = ODD[bind.dialect.name].format(column=column)
    keys = list(sa.inspect(bind).get_pk_constraint(table)["constrained_columns"])
    chosen = ", ".join(dict.fromkeys((*keys, *(scope or ()), column)))
    here = " AND ".join(f"{name} = :{name}" for name in dict.fromkeys((*keys, column)))
    beside = " AND ".join(["1 = 1", *(f"{name} = :{name}" for name in scope or ()), f"{column} = :new"])
    for row in bind.execute(sa.text(f"SELECT {chosen} FROM {table} WHERE {odd}")).mappings().all():
        new = written(row[column]) if capitals_count else written(row[column]).lower()
        if new == row[column]:
            continue
        values = {**row, "new": new or None}
        place = ", ".join(f"{name} {row[name]}" for name in keys if name != column)
        if scope is not None and new and bind.scalar(sa.text(f"SELECT 1 FROM {table} WHERE {beside}"), values):
            log.warning("%s %s: its %s is another row's in its written form; left as it is", table, place, column)
            continue
        if not new and not _may_be_none(bind, table, column):
            log.warning("%s %s: nothing is left of its %s in its written form; left as it is", table, place, column)
            continue
        bind.execute(sa.text(f"UPDATE {table} SET {column} = :new WHERE {here}"), values)


def _may_be_none(bind: sa.Connection, table: str, column: str) -> bool:
    return next(found["nullable"] for found in sa.inspect(bind).get_columns(table) if found["name"] == column)
