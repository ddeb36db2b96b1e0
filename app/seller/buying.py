"""Buying for a customer, below /api/seller."""

from app.openloyalty.buying_routes import buying_blueprint

blueprint = buying_blueprint("seller")
