"""The points ledger: `ledger` adds, spends and lists; `models` holds the account and its entries."""
