"""The SQL of the common shapes of an award, in a file that can be read. `GUERDON_TEST_WRITE=1` writes it anew."""

import os
from pathlib import Path

from sqlalchemy.dialects import postgresql, sqlite

from app.campaign.awards.statement import SALE_FROM_POOL, SALE_OF_SHARED, Part, Shape, change

GOLDEN = Path(__file__).parent / "statements.sql"
SHAPES = {
    "a coupon from a pool": SALE_FROM_POOL,
    "a coupon that all buyers share": SALE_OF_SHARED,
    "points, limited per customer": Shape((Part("points", counted=True, limited=True),)),
    "a voucher, drawn by lot": Shape((Part("voucher", counted=True),), drawn=True),
    "points and a voucher, earned by an event": Shape(
        (Part("points", counted=True), Part("voucher", counted=True)), with_receipt=True
    ),
}


def test_the_statements_are_those_that_were_read() -> None:
    written = "\n".join(_shown(name, shape) for name, shape in SHAPES.items())
    if os.environ.get("GUERDON_TEST_WRITE"):
        GOLDEN.write_text(written)
    assert written == GOLDEN.read_text(), "GUERDON_TEST_WRITE=1 writes the file anew; read the difference"


def _shown(name: str, shape: Shape) -> str:
    whole = change(shape).on_postgresql().compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
    parts = (statement.compile(dialect=sqlite.dialect()) for statement in change(shape).on_sqlite())  # type: ignore[no-untyped-call]
    lines = [f"-- {name}: PostgreSQL, one statement", f"{whole};", "", f"-- {name}: SQLite, one by one"]
    lines += [f"{part};" for part in parts]
    return "\n".join(line.rstrip() for text in lines for line in text.splitlines() or [""]) + "\n"
