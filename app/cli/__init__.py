"""`guerdon …`: thin commands over the same use cases as the APIs. `root` is the command itself; the others hang theirs on it."""

from app.cli import chains, coupons, draws, installation
from app.cli.root import main

__all__ = ["chains", "coupons", "draws", "installation", "main"]
