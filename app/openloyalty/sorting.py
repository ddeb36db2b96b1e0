"""By what each list is sorted, and in which direction where a client names none. The reader of the query and the manual both take these."""

from collections.abc import Mapping
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Sorting:
    """From the words that clients send to the domain's names. Other words are ignored, or refused."""

    names: Mapping[str, str]
    descending: bool = False
    refuses_others: bool = False


NOTHING = Sorting({})  # lists that have one order
CAMPAIGNS = Sorting(
    {
        "name": "name",
        "reward": "reward",
        "active": "active",
        "costInPoints": "cost",
        "limit": "limit",
        "limitPerUser": "limit_per_customer",
        "unlimited": "unlimited",
        "singleCoupon": "single_coupon",
        "campaignActivity.activeFrom": "active_from",
        "campaignActivity.activeTo": "active_to",
        "campaignVisibility.visibleFrom": "visible_from",
        "campaignVisibility.visibleTo": "visible_to",
    }
)
BOUGHT = Sorting(
    {
        "purchaseAt": "given_at",
        "purchasedAt": "given_at",
        "costInPoints": "cost",
        "used": "redeemed_at",
        "usageDate": "redeemed_at",
        "deliveryStatus": "delivery",
        "name": "campaign_name",
    },
    descending=True,
)
CATEGORIES = Sorting({"name": "name", "active": "active", "sortOrder": "position"})
CUSTOMERS = Sorting(
    {
        "firstName": "first_name",
        "lastName": "last_name",
        "email": "email",
        "phone": "phone",
        "loyaltyCardNumber": "loyalty_card_number",
        "createdAt": "created_at",
        "birthDate": "born_on",
        "transactionsCount": "purchases_count",
        "transactionsAmount": "spent",
        "transactionsAmountWithoutDeliveryCosts": "spent_without_delivery",
        "averageTransactionAmount": "spent_on_average",
        "lastTransactionDate": "last_bought_at",
    },
    descending=True,
)
MEMBERS = replace(CUSTOMERS, descending=False)  # of a level, of a segment
EARNING_RULES = Sorting({"name": "name", "active": "active", "type": "kind"})
LEVELS = Sorting({"name": "name", "conditionValue": "condition_value", "active": "active"})
SALES = Sorting(
    {"documentNumber": "number", "purchaseDate": "bought_at", "grossValue": "amount", "purchasePlace": "place"},
    descending=True,
)
SEGMENTS = Sorting({"name": "name", "active": "active", "createdAt": "created_at"})
SHOPS = Sorting({"name": "name", "identifier": "identifier"})
STAFF = Sorting({"firstName": "first_name", "lastName": "last_name", "email": "email", "phone": "phone"})
TRANSFERS = Sorting({"createdAt": "created_at", "value": "amount", "type": "kind"}, descending=True)
# In the words of a campaign's document, which are Guerdon's own.
DOCUMENTS = Sorting(
    {
        "key": "key",
        "name": "name",
        "kind": "kind",
        "lifecycle": "lifecycle",
        "price": "cost",
        "from": "active_from",
        "to": "active_to",
        "created_at": "created_at",
    },
    refuses_others=True,
)
