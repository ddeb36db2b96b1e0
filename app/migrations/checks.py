"""Change a constraint of a table, in a migration; the table and its rows stay as they are.

SQLite cannot change one in place, but documents that the text of a schema may be rewritten when what is stored stays the same:
https://www.sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes".
"""

import sqlalchemy as sa
from alembic import op


def change_check(table: str, name: str, old_condition: str, new_condition: str) -> None:
    """Let the constraint `ck_<table>_<name>` say the new condition where it said the old one."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({new_condition})")
    else:
        _rewrite(table, old_condition, new_condition)


def drop_check(table: str, name: str, condition: str) -> None:
    """Let the constraint `ck_<table>_<name>`, which is not the last of the table, be no more."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
    else:
        _rewrite(table, f"CONSTRAINT ck_{table}_{name} CHECK ({condition}), \n\t", "")


def require_value(table: str, column: str) -> None:
    """Let a column, added in place as a whole number, be NOT NULL; every row has a value by now."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f'ALTER TABLE "{table}" ALTER COLUMN {column} SET NOT NULL')
    else:
        _rewrite(table, f"{column} INTEGER", f"{column} INTEGER NOT NULL")


def _rewrite(table: str, old_text: str, new_text: str) -> None:
    """Put another text in the place of one of the schema of a table in SQLite."""
    connection = op.get_bind()
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_schema SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = :table"
            " AND instr(sql, :old) > 0"
        ),
        {"old": old_text, "new": new_text, "table": table},
    )
    if changed.rowcount != 1:
        raise RuntimeError(f"The table {table} does not say {old_text}")
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    found = connection.exec_driver_sql("PRAGMA quick_check").scalar_one()
    if found != "ok":
        raise RuntimeError(f"The changed table does not pass SQLite's check: {found}")
