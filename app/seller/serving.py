"""What a customer sees and holds, below /api/seller."""

from app.native.serving import serving_blueprint

blueprint = serving_blueprint("seller")
