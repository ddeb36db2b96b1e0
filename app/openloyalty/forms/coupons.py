"""The forms of bought coupons: which are used, and how far one was delivered."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, missing
from werkzeug.exceptions import BadRequest

from app.campaign.models.vouchers import DELIVERIES
from app.openloyalty.forms.fields import INVALID, Checkbox, Choice, Text, Uuid, items
from app.openloyalty.forms.form import Form, as_object

MARKED_MAX = 100


class DeliveryForm(Form):
    """Where a bought reward is."""

    status = Choice(DELIVERIES, required=True)


@dataclass(frozen=True)
class Mark:
    """One coupon to mark."""

    campaign: UUID
    code: str
    used: bool
    purchase: UUID | None  # Open Loyalty's couponId
    customer: str | None


class MarkSent(Schema):
    """A mark as it is sent: one may send back what was printed."""

    campaignId = fields.UUID(required=True)
    code = fields.String(required=True)
    used = fields.Boolean(required=True)
    couponId = fields.UUID(metadata={"description": "Tells purchases of one code apart."})
    customerId = fields.String(metadata={"description": "Whose; for admins."})
    name = fields.String()


class Marks(fields.List[Any]):
    """`coupons[i]` of campaignId, code and used; couponId to tell apart, customerId where an admin marks. A list of Mark.

    What is wrong with them is in no tree: Open Loyalty answers any of it with a bare 400. Raises BadRequest.
    """

    def __init__(self) -> None:
        super().__init__(fields.Nested(MarkSent), required=True, metadata={"minItems": 1, "maxItems": MARKED_MAX})

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **kw: Any) -> Any:
        try:
            found = [_mark(data) for data in items(None if value is missing else value)]
        except ValidationError as e:
            raise BadRequest from e
        if not 0 < len(found) <= MARKED_MAX:
            raise BadRequest
        return found


class MarkForm(Form):
    """Coupons to mark as used."""

    coupons = Marks()


def _mark(data: Any) -> Mark:
    data = as_object(data, MarkSent)
    if "used" not in data:
        raise ValidationError([INVALID])
    return Mark(
        campaign=Uuid(required=True).deserialize(data.get("campaignId")),
        code=Text(required=True).deserialize(data.get("code")),
        used=Checkbox().deserialize(data["used"]),
        purchase=Uuid().deserialize(data.get("couponId")),
        customer=Text().deserialize(data.get("customerId")),
    )
