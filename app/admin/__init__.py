"""The doors of `/api` and `/api/admin`: everything an admin does, and what sellers and customers share with admins."""

from app.admin import (
    admins,
    audit,
    buying,
    campaigns,
    chains,
    choices,
    customers,
    documents,
    earning,
    imports,
    levels,
    overview,
    people,
    photos,
    points,
    pools,
    sales,
    segments,
    sellers,
    serving,
    sessions,
    webhooks,
)
from app.admin.cockpit import analytics, settings, translations
from app.admin.cockpit import choices as field_choices

BLUEPRINTS = [
    m.blueprint
    for m in (
        sessions,
        overview,
        choices,
        documents,
        pools,
        campaigns,
        photos,
        buying,
        customers,
        people,
        imports,
        serving,
        levels,
        segments,
        points,
        sales,
        earning,
        sellers,
        chains,
        audit,
        admins,
        webhooks,
        settings,
        field_choices,
        translations,
        analytics,
    )
]
