"""The forms of shops: points of sale, as Open Loyalty calls them."""

from typing import Any

from marshmallow import ValidationError, post_load

from app.openloyalty import schemas
from app.openloyalty.forms.fields import BLANK, LONG_TEXT_LENGTH_MAX, Country, Number, Text
from app.openloyalty.forms.form import Form, Group
from app.organizations.shops import Location


class GeoPointForm(Form):
    lat = Number(-90, 90)
    long = Number(-180, 180)


class LocationForm(Form):
    """Where a shop is; one may send back what was printed."""

    printed = schemas.LocationView
    street = Text()
    address1 = Text()
    address2 = Text()
    postal = Text()
    city = Text()
    province = Text()
    country = Country()
    lat = Number(-90, 90)
    long = Number(-180, 180)
    geoPoint = Group(GeoPointForm, load_default=dict)

    @post_load
    def location(self, data: dict[str, Any], **kw: Any) -> Location:
        point = data.pop("geoPoint")
        degrees = [point.get(name) if data[name] is None else data[name] for name in ("lat", "long")]
        if (degrees[0] is None) != (degrees[1] is None):
            raise ValidationError(
                {name: [BLANK] for name, at in zip(("lat", "long"), degrees, strict=True) if at is None}
            )
        address = {name: value for name, value in data.items() if value is not None and name not in ("lat", "long")}
        return Location(address, *degrees)


class PosForm(Form):
    name = Text(required=True)
    identifier = Text(required=True)
    description = Text(LONG_TEXT_LENGTH_MAX)
    location = Group(LocationForm, load_default=Location, attribute="location")


class PosChangeForm(PosForm):
    """The same, for one that is there."""

    printed = schemas.PosView
    elsewhere = ("posId", "currency")
