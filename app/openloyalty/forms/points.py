"""The forms of points: added, spent, passed on."""

from typing import Any

from marshmallow import ValidationError, validates_schema

from app.openloyalty.forms.fields import Hundredths, Text, Whole
from app.openloyalty.forms.form import Form
from app.organizations.models import POINTS_DAYS_MAX


class PointsForm(Form):
    """Points, at least one hundredth."""

    points = Hundredths(required=True, attribute="amount")

    @validates_schema
    def require_some(self, data: dict[str, Any], **kw: Any) -> None:
        if data["amount"] < 1:
            raise ValidationError({"points": ["This value should be greater than 0."]})


class TransferForm(PointsForm):
    """Points to spend."""

    customer = Text(required=True)
    comment = Text()


class AdditionForm(TransferForm):
    """Points to add; they live as long as the programme says, or for so many days."""

    validityDuration = Whole(1, POINTS_DAYS_MAX, attribute="days_active")


class OwnPassingForm(PointsForm):
    """Points that a customer passes on to another, by UUID or loyalty card number."""

    receiver = Text(required=True)


class PassingForm(OwnPassingForm):
    """Points that one customer passes on to another; both by UUID or loyalty card number."""

    sender = Text(required=True)
