"""Buying for a customer, below /api/seller."""

from app.openloyalty.counter_routes import counter_blueprint

blueprint = counter_blueprint("seller")
