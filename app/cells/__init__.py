"""Chains move from one installation, a *cell*, to another while both run.

A chain is *closed* first: everybody still reads it, and nobody changes it, which the database itself sees to. Then it is *exported* to
a file, *imported* elsewhere, and opened there; the closed one is removed. Each cell counts from a *number range* of its own, so that
every id stays what it was: clients know them. `ownership` says what belongs to a chain.
"""
