"""The doors of `/api/customer`: what customers do for themselves."""

from app.customer import campaigns, invitations, levels, links, points, registration, sales, sessions, shop

BLUEPRINTS = [m.blueprint for m in (sessions, registration, links, invitations, campaigns, shop, points, levels, sales)]
