"""What a limit is that never binds. Pure."""

UNLIMITED = 1_000_000_000  # a limit that never binds: rules and SQL then need no special case
