"""Signing in as a customer."""

from app.openloyalty.session_routes import session_blueprint

blueprint = session_blueprint("customer")
