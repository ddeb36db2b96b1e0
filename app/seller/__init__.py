"""The doors of `/api/seller`: what a seller at a till needs."""

from app.seller import buying, campaigns, customers, sales, serving, sessions

BLUEPRINTS = [m.blueprint for m in (sessions, campaigns, buying, serving, customers, sales)]
