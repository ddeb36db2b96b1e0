"""The doors of `/api` and `/api/admin`: everything an admin does, and what sellers and customers share with admins."""

from app.admin import (
    buying,
    campaigns,
    chains,
    customers,
    documents,
    levels,
    photos,
    points,
    segments,
    sellers,
    sessions,
)

BLUEPRINTS = [
    m.blueprint
    for m in (sessions, documents, campaigns, photos, buying, customers, levels, segments, points, sellers, chains)
]
