"""The doors of `/api/customer`: what customers do for themselves."""

from app.customer import campaigns, points, sessions

BLUEPRINTS = [m.blueprint for m in (sessions, campaigns, points)]
