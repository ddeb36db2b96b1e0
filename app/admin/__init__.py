"""The doors of `/api` and `/api/admin`: everything an admin does, and what sellers and customers share with admins.

The rooms: `campaigns`, `members`, `organization`, and `cockpit` for what Open Loyalty's own consoles ask before they show anything.
"""

from app.admin.campaigns import buying, campaigns, categories, choices, documents, overview, photos, pools
from app.admin.cockpit import analytics, conditions, letters, settings, translations
from app.admin.cockpit import choices as field_choices
from app.admin.members import (
    avatars,
    customers,
    earning,
    imports,
    invitations,
    levels,
    people,
    points,
    sales,
    segments,
    serving,
)
from app.admin.organization import admins, audit, chains, roles, sellers, sessions, webhooks

BLUEPRINTS = [
    m.blueprint
    for m in (
        sessions,
        overview,
        choices,
        documents,
        pools,
        campaigns,
        categories,
        photos,
        buying,
        customers,
        avatars,
        people,
        imports,
        invitations,
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
        roles,
        webhooks,
        settings,
        conditions,
        letters,
        field_choices,
        translations,
        analytics,
    )
]
