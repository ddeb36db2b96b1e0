"""Spaaza's calls, a file a noun."""

from app.spaaza.doors import baskets, campaigns, interactions, referrals, sessions, users, vouchers

__all__ = ["baskets", "campaigns", "interactions", "referrals", "sessions", "users", "vouchers"]
