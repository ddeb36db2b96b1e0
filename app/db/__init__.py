"""The two databases: engine and transactions, prepared statements, column types, guarded statements, installation."""
