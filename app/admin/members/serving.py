"""What a customer sees and holds, below /api/admin."""

from app.native.serving import serving_blueprint

blueprint = serving_blueprint("admin")
