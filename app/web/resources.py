"""Which resource of `app.access.roles` each call of the staff is about: what an admin with roles must be permitted.

A call that is not named here is for admins who may do everything.
"""

from collections.abc import Mapping, Sequence

from app.access.roles import Permission

OF_ONESELF = {"admin_sessions"}  # what everybody may do
BY_BLUEPRINT = {
    "admin_admins": "ADMIN",
    "admin_analytics": "ANALYTICS",
    "admin_audit": "AUDIT",
    "admin_avatars": "CUSTOMER",
    "admin_buying": "REWARD_CAMPAIGN",
    "admin_campaigns": "REWARD_CAMPAIGN",
    "admin_categories": "REWARD_CAMPAIGN",
    "admin_choices": "REWARD_CAMPAIGN",
    "admin_conditions": "SETTINGS",
    "admin_customers": "CUSTOMER",
    "admin_earning": "EARNING_RULE",
    "admin_invitations": "CUSTOMER",
    "admin_letters": "SETTINGS",
    "admin_levels": "LEVEL",
    "admin_overview": "REWARD_CAMPAIGN",
    "admin_people": "CUSTOMER",
    "admin_photos": "REWARD_CAMPAIGN",
    "admin_points": "POINT_TRANSFER",
    "admin_pools": "REWARD_CAMPAIGN",
    "admin_roles": "ACL",
    "admin_sales": "TRANSACTION",
    "admin_segments": "SEGMENT",
    "admin_sellers": "SELLER",
    "admin_serving": "CUSTOMER",
    "admin_settings": "SETTINGS",
    "admin_translations": "SETTINGS",
    "campaign_documents": "REWARD_CAMPAIGN",
    "seller_buying": "REWARD_CAMPAIGN",
    "seller_campaigns": "REWARD_CAMPAIGN",
    "seller_customers": "CUSTOMER",
    "seller_sales": "TRANSACTION",
    "seller_serving": "CUSTOMER",
}
BY_CALL: Mapping[str, str | tuple[str, ...]] = {
    "admin_campaigns.list_customers_of_campaign": "CUSTOMER",
    "admin_customers.show_points": "POINT_TRANSFER",
    "admin_imports.import_customers": "CUSTOMER",
    "admin_imports.import_points": "POINT_TRANSFER",
    "admin_imports.import_transactions": "TRANSACTION",
    "admin_levels.export_customers_of_level": "CUSTOMER",
    "admin_levels.list_customers_of_level": "CUSTOMER",
    "admin_photos.remove_photo_of_earning_rule": "EARNING_RULE",
    "admin_photos.remove_photo_of_level": "LEVEL",
    "admin_photos.upload_photo_of_earning_rule": "EARNING_RULE",
    "admin_photos.upload_photo_of_level": "LEVEL",
    "admin_segments.export_customers_of_segment": "SEGMENT_EXPORT",
    "admin_people.export_customer": ("CUSTOMER", "POINT_TRANSFER", "REWARD_CAMPAIGN", "TRANSACTION"),
    "admin_segments.list_customers_of_segment": ("SEGMENT", "CUSTOMER"),
    "admin_segments.preview_segment": ("SEGMENT", "CUSTOMER"),
    "admin_sellers.change_pos": "POS",
    "admin_sellers.create_pos": "POS",
    "admin_sellers.list_pos": "POS",
    "admin_sellers.show_pos": "POS",
    "admin_sellers.show_pos_named": "POS",
    "seller_customers.add_points_as_seller": "POINT_TRANSFER",
    "seller_customers.list_levels_as_seller": "LEVEL",
    "seller_customers.list_shops_as_seller": "POS",
    "seller_customers.list_transfers_as_seller": "POINT_TRANSFER",
    "seller_customers.show_level_as_seller": "LEVEL",
    "seller_customers.show_shop_as_seller": "POS",
    "seller_customers.spend_points_as_seller": "POINT_TRANSFER",
}
# They are sent as what changes something is, and change nothing.
ONLY_LOOKS = {
    "admin_customers.search_customers",
    "admin_sales.simulate_transaction",
    "admin_segments.preview_segment",
    "campaign_documents.ask_campaign_document",
    "campaign_documents.plan_campaign_documents",
}


def is_open(endpoint: str) -> bool:
    """Whether everybody of the staff may make the call."""
    return endpoint.partition(".")[0] in OF_ONESELF


def needed(endpoint: str, method: str) -> Sequence[Permission]:
    """What an admin with roles must be permitted; nothing: such a one may not make the call."""
    found = BY_CALL.get(endpoint) or BY_BLUEPRINT.get(endpoint.partition(".")[0]) or ()
    access = "VIEW" if method in {"GET", "HEAD"} or endpoint in ONLY_LOOKS else "MODIFY"
    return [Permission(resource, access) for resource in ([found] if isinstance(found, str) else found)]
