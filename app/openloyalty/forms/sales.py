"""The forms of sales: transactions, as Open Loyalty calls them, and whose they were. Source: contract section 3.6."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, post_load

from app.openloyalty.forms.customers import AddressForm
from app.openloyalty.forms.fields import FIRST_MOMENT, Choice, Email, Hundredths, Labels, Moment, Text, Uuid, Whole
from app.openloyalty.forms.form import Form, Forms, Group
from app.sales.recording import ITEMS_MAX, SaleDetails, SoldItem

DOCUMENT_TYPES = ("sell", "return")
QUANTITY_MAX = 1_000_000


class DocumentForm(Form):
    documentType = Choice(DOCUMENT_TYPES, attribute="document_type")
    documentNumber = Text(required=True, attribute="number")
    purchaseDate = Moment(FIRST_MOMENT, required=True, attribute="bought_at")
    purchasePlace = Text(attribute="place")


class BuyerForm(Form):
    """Who bought it, as the till knows; whose it is is found by the card, the e-mail or the phone."""

    name = Text()
    email = Email()
    nip = Text()
    phone = Text()
    loyaltyCardNumber = Text(attribute="loyalty_card_number")
    address = Group(AddressForm, load_default=dict)


class SkuForm(Form):
    code = Text(required=True)


class Sku(Group):
    """The code of a product. A receipt has many: one that is nothing but a text is not taken for a form."""

    def __init__(self) -> None:
        super().__init__(SkuForm, required=True)
        self._code = Text(required=True)

    def deserialize(self, value: Any, attr: Any = None, data: Any = None, **kw: Any) -> Any:
        if not isinstance(value, dict) or value.keys() != {"code"}:
            return super().deserialize(value, attr, data, **kw)
        try:
            return {"code": self._code.deserialize(value["code"])}
        except ValidationError as e:
            raise ValidationError({"code": e.messages}) from e


class ItemForm(Form):
    """A line of the receipt: grossValue is what all its pieces cost together."""

    sku = Sku()
    name = Text(required=True)
    quantity = Whole(0, QUANTITY_MAX, required=True)
    grossValue = Hundredths(required=True, attribute="amount")
    category = Text()
    maker = Text()
    labels = Labels()

    @post_load
    def line(self, data: dict[str, Any], **kw: Any) -> SoldItem:
        return SoldItem(**{**data, "sku": data["sku"]["code"]})


def _with_sku(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """A SKU may be sent as its code, too."""
    sku = item.get("sku")
    return {**item, "sku": {"code": sku}} if isinstance(sku, str | int) else item


class TransactionForm(Form):
    """A sale, or with `return` as its type what is given back of one, which `revisedDocument` names."""

    transactionData = Group(DocumentForm, required=True)
    items = Forms(ItemForm, ITEMS_MAX, _with_sku)
    customerData = Group(BuyerForm, load_default=dict)
    pos = Uuid(attribute="shop")
    revisedDocument = Text(attribute="returns")
    labels = Labels()

    @post_load
    def details(self, data: dict[str, Any], **kw: Any) -> SaleDetails:
        document, buyer = data["transactionData"], data["customerData"] or {}
        return SaleDetails(
            number=document["number"],
            bought_at=document["bought_at"],
            place=document["place"],
            is_return=document["document_type"] == "return",
            returns=data["returns"],
            items=data["items"],
            buyer={name: value for name, value in buyer.items() if value},
            shop=data["shop"],
            labels=data["labels"],
        )


class AssignForm(Form):
    """Whose a transaction was: the customer by one of these."""

    transactionDocumentNumber = Text(required=True, attribute="number")
    customerId = Text(attribute="customer")
    customerLoyaltyCardNumber = Text(attribute="card")
    customerPhoneNumber = Text(attribute="phone")


class LabelsForm(Form):
    """Labels of a transaction, instead of those it has."""

    transactionId = Uuid(required=True, attribute="sale")
    labels = Labels(required=True)


class MoreLabelsForm(Form):
    """Labels for one's own transaction, beside those it has."""

    transactionDocumentNumber = Text(required=True, attribute="number")
    labels = Labels()
