"""Change a CHECK of a table, in a migration; the table and its rows stay as they are."""

import sqlalchemy as sa
from alembic import op


def change_check(table: str, name: str, old_condition: str, new_condition: str) -> None:
    """Let the constraint `ck_<table>_<name>` say the new condition where it said the old one.

    SQLite cannot change a CHECK in place, but documents that the text of a schema may be rewritten when what is stored stays the
    same: https://www.sqlite.org/lang_altertable.html, "Making Other Kinds Of Table Schema Changes".
    """
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT ck_{table}_{name} CHECK ({new_condition})")
        return
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    changed = connection.execute(
        sa.text(
            "UPDATE sqlite_schema SET sql = replace(sql, :before, :after) WHERE type = 'table' AND name = :table"
            " AND instr(sql, :before) > 0"
        ),
        {"before": old_condition, "after": new_condition, "table": table},
    )
    if changed.rowcount != 1:
        raise RuntimeError(f"The table {table} does not say {old_condition}")
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    found = connection.exec_driver_sql("PRAGMA quick_check").scalar_one()
    if found != "ok":
        raise RuntimeError(f"The changed table does not pass SQLite's check: {found}")
