"""The forms of customers."""

from typing import Any

from marshmallow import ValidationError, missing, post_load, validates_schema

from app.members.customers import Person
from app.openloyalty import schemas
from app.openloyalty.forms.fields import (
    BLANK,
    BirthDay,
    Checkbox,
    Choice,
    Country,
    Email,
    Labels,
    Moment,
    Secret,
    Text,
    Uuid,
)
from app.openloyalty.forms.form import Form, Group

PERSON = tuple(Person.__dataclass_fields__)

# What 3.2's console sends with a customer and this version does not offer.
LATER = frozenset({"invitationToken"})

BY_STAFF = (
    "labels",
    "posId",
    "sellerId",
    "createdAt",
    "levelId",
    "loyaltyCardNumber",
)  # what nobody says of themselves


class AddressForm(Form):
    street = Text()
    address1 = Text()
    address2 = Text()
    postal = Text()
    city = Text()
    province = Text()
    country = Country()

    @post_load
    def filled(self, data: dict[str, Any], **kw: Any) -> dict[str, str]:
        return {name: value for name, value in data.items() if value is not None}


class CompanyForm(Form):
    name = Text()
    nip = Text()

    @post_load
    def filled(self, data: dict[str, Any], **kw: Any) -> dict[str, str]:
        return {name: value for name, value in data.items() if value is not None}


class CustomerForm(Form):
    """A customer to register. Source: contract section 3.2."""

    later = LATER
    firstName = Text(required=True, attribute="first_name")
    lastName = Text(required=True, attribute="last_name")
    gender = Choice(schemas.GENDERS)
    email = Email()
    phone = Text()
    birthDate = BirthDay(attribute="born_on")
    address = Group(AddressForm, load_default=dict)
    company = Group(CompanyForm, load_default=dict)
    loyaltyCardNumber = Text(attribute="loyalty_card_number")
    agreement1 = Checkbox()
    agreement2 = Checkbox()
    agreement3 = Checkbox()
    levelId = Uuid(attribute="level")
    posId = Uuid(attribute="shop")
    sellerId = Uuid(attribute="seller")
    labels = Labels()
    createdAt = Moment(attribute="registered_at")
    referral_customer_email = Email(attribute="referred_by")
    plainPassword = Secret(attribute="password")

    @validates_schema(skip_on_field_errors=False)
    def require_consent_and_address(self, data: dict[str, Any], **kw: Any) -> None:
        errors = {}
        if not data.get("agreement1"):
            errors["agreement1"] = [BLANK]
        if "email" in data and "phone" in data and not data["email"] and not data["phone"]:
            errors["email"] = [BLANK]
        if errors:
            raise ValidationError(errors)

    @post_load
    def split(self, data: dict[str, Any], **kw: Any) -> dict[str, Any]:
        person = Person(**{name: data[name] for name in PERSON if name in data})
        beside = ("level", "password", "shop", "seller", "registered_at", "referred_by", "invitation")
        return {"person": person, **{name: data.get(name) for name in beside}}


class SelfRegistrationForm(CustomerForm):
    """The same for customers who register themselves: with a password, on the level where everybody begins.

    Without a card: whose a card is, is seen where it is handed out.
    """

    class Meta(CustomerForm.Meta):
        exclude = BY_STAFF

    later = LATER | set(BY_STAFF)
    plainPassword = Secret(required=True, attribute="password")
    invitationToken = Text(500, attribute="invitation")


class CustomerChangeForm(Form):
    """What is to change of a customer; what is not sent stays. The answer is a dict by the domain's names."""

    printed = schemas.CustomerView
    elsewhere = (
        "customerId", "active", "createdAt", "manuallyAssignedLevelId", "segments", "posIdentifier", "level", "status",
        "agreement1At", "agreement2At", "agreement3At",
    )  # fmt: skip
    later = LATER | {"referral_customer_email"}
    firstName = Text(attribute="first_name")
    lastName = Text(attribute="last_name")
    gender = Choice(schemas.GENDERS)
    email = Email()
    phone = Text()
    birthDate = BirthDay(attribute="born_on")
    address = Group(AddressForm)
    company = Group(CompanyForm)
    loyaltyCardNumber = Text(attribute="loyalty_card_number")
    agreement1 = Checkbox()
    agreement2 = Checkbox()
    agreement3 = Checkbox()
    posId = Uuid(attribute="shop")
    sellerId = Uuid(attribute="seller")
    levelId = Uuid(attribute="level")
    labels = Labels()
    currentPassword = Secret(attribute="current_password")  # of customers who change what they sign in by

    def on_bind_field(self, field_name: str, field_obj: Any) -> None:
        field_obj.load_default = missing
        super().on_bind_field(field_name, field_obj)

    @validates_schema(skip_on_field_errors=False)
    def keep_the_name(self, data: dict[str, Any], **kw: Any) -> None:
        blank = {
            name: [BLANK]
            for name, attribute in (("firstName", "first_name"), ("lastName", "last_name"))
            if attribute in data and data[attribute] is None
        }
        if blank:
            raise ValidationError(blank)


class ShopChoiceForm(Form):
    """Where a customer is at home."""

    posId = Uuid(attribute="shop")
