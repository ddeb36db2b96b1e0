"""`guerdon …`: thin commands over the same use cases as the APIs. `root` is the command itself; the others hang theirs on it."""

from app.cli import (
    campaigns,
    cells,
    chains,
    coupons,
    customers,
    documents,
    draws,
    installation,
    photos,
    points,
    prove,
    worker,
)
from app.cli.root import main

__all__ = [
    "campaigns",
    "cells",
    "chains",
    "coupons",
    "customers",
    "documents",
    "draws",
    "installation",
    "main",
    "photos",
    "points",
    "prove",
    "worker",
]
