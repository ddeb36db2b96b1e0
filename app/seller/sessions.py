"""Signing in as a seller."""

from app.openloyalty.session_routes import session_blueprint

blueprint = session_blueprint("seller")
