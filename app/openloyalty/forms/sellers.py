"""The forms of sellers."""

from marshmallow import Schema

from app.openloyalty import schemas
from app.openloyalty.forms.fields import Checkbox, Email, Secret, Text, Uuid
from app.openloyalty.forms.form import Form


class SellerChangeForm(Form):
    """A seller to change, as a whole; the password and whether points may be moved stay when not sent. Source: contract section 3.6."""

    printed: type[Schema] | None = schemas.SellerView
    elsewhere = ("sellerId", "deleted")
    firstName = Text(required=True, attribute="first_name")
    lastName = Text(required=True, attribute="last_name")
    email = Email(required=True)
    phone = Text()
    posId = Uuid(required=True, attribute="pos")
    active = Checkbox()
    allowPointTransfer = Checkbox(load_default=None, attribute="may_move_points")
    plainPassword = Secret(attribute="password")


class SellerForm(SellerChangeForm):
    """A seller to register."""

    printed = None
    plainPassword = Secret(required=True, attribute="password")
