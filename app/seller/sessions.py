"""Signing in as a seller."""

from app.openloyalty.shared.sessions import session_blueprint

blueprint = session_blueprint("seller")
