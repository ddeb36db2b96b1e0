"""By what lists are sorted, a list a table: from the names that clients send to those of the domain."""

from collections.abc import Mapping

Sortable = Mapping[str, str]

NOTHING: Sortable = {}  # of lists that have one order
CAMPAIGNS: Sortable = {
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
BOUGHT: Sortable = {
    "purchaseAt": "given_at",
    "purchasedAt": "given_at",
    "costInPoints": "cost",
    "used": "redeemed_at",
    "usageDate": "redeemed_at",
    "deliveryStatus": "delivery",
    "name": "campaign_name",
}
CATEGORIES: Sortable = {"name": "name", "active": "active", "sortOrder": "position"}
CUSTOMERS: Sortable = {
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
}
EARNING_RULES: Sortable = {"name": "name", "active": "active", "type": "kind"}
LEVELS: Sortable = {"name": "name", "conditionValue": "condition_value", "active": "active"}
SALES: Sortable = {
    "documentNumber": "number",
    "purchaseDate": "bought_at",
    "grossValue": "amount",
    "purchasePlace": "place",
}
SEGMENTS: Sortable = {"name": "name", "active": "active", "createdAt": "created_at"}
SHOPS: Sortable = {"name": "name", "identifier": "identifier"}
STAFF: Sortable = {"firstName": "first_name", "lastName": "last_name", "email": "email", "phone": "phone"}
TRANSFERS: Sortable = {"createdAt": "created_at", "value": "amount", "type": "kind"}
DOCUMENTS: Sortable = {
    "key": "key",
    "name": "name",
    "kind": "kind",
    "lifecycle": "lifecycle",
    "price": "cost",
    "from": "active_from",
    "to": "active_to",
    "created_at": "created_at",
}
