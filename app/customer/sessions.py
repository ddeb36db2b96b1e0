"""Signing in as a customer."""

from app.openloyalty.shared.sessions import session_blueprint

blueprint = session_blueprint("customer")
