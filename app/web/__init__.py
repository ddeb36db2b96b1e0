"""What every dialect needs of HTTP: the guarded application, callers, bodies, idempotency, the audit log."""
