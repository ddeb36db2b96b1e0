"""What is stored, a file a noun. Importing any of them imports all: they refer to one another by name."""

from app.campaign.models import (
    audiences,
    awards,
    campaigns,
    coupons,
    draws,
    engagement,
    limits,
    photos,
    referrals,
    refused,
    revisions,
    rewards,
    vouchers,
)

__all__ = [
    "audiences",
    "awards",
    "campaigns",
    "coupons",
    "draws",
    "engagement",
    "limits",
    "photos",
    "referrals",
    "refused",
    "revisions",
    "rewards",
    "vouchers",
]
