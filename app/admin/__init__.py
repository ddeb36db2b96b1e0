"""The doors of `/api` and `/api/admin`: everything an admin does, and what sellers and customers share with admins."""

from app.admin import (
    audit,
    buying,
    campaigns,
    chains,
    customers,
    documents,
    levels,
    overview,
    photos,
    points,
    pools,
    segments,
    sellers,
    serving,
    sessions,
)

BLUEPRINTS = [
    m.blueprint
    for m in (
        sessions,
        overview,
        documents,
        pools,
        campaigns,
        photos,
        buying,
        customers,
        serving,
        levels,
        segments,
        points,
        sellers,
        chains,
        audit,
    )
]
