"""The groups of the manual, in the order in which they are read.

A call belongs to the group of its blueprint; Spaaza's and SessionM's, to the group of the file that it stands in.
"""

from typing import Any, NamedTuple


class CallGroup(NamedTuple):
    name: str
    description: str
    places: tuple[str, ...]


GROUPS = (
    CallGroup(
        "Signing in",
        "With a name and a password, each role at an address of its own; registering, staying signed in, and signing out.",
        ("admin_sessions", "seller_sessions", "customer_sessions", "customer_registration", "customer_links"),
    ),
    CallGroup(
        "Admin: campaigns",
        "Create, list, change and switch campaigns that sell coupons. Sellers and customers may look at one, too.",
        ("admin_campaigns",),
    ),
    CallGroup(
        "Admin: campaigns as documents",
        "Campaigns of any kind, whole: read, create, change under a revision, plan, and ask before they are saved.",
        ("campaign_documents",),
    ),
    CallGroup(
        "Admin: overview",
        "How the campaigns of a chain go, at a glance; and what they can be for.",
        ("admin_overview", "admin_choices"),
    ),
    CallGroup(
        "Admin: pools and draws",
        "The codes of a pool, to read and to search; draws, to read and to compute again.",
        ("admin_pools",),
    ),
    CallGroup(
        "Admin: categories",
        "What campaigns are sorted into for whoever looks through them. Everybody may look at them.",
        ("admin_categories",),
    ),
    CallGroup(
        "Admin: photos", "The pictures of a campaign. Everybody may look at those of a public one.", ("admin_photos",)
    ),
    CallGroup(
        "Admin: settings",
        "What is decided about the programme, in Open Loyalty's words; its pictures, its texts, and what its fields offer.",
        ("admin_settings", "admin_conditions", "admin_letters", "admin_translations", "admin_field_choices"),
    ),
    CallGroup(
        "Admin: admins",
        "Who else may act as an admin, and what the roles of some permit.",
        ("admin_admins", "admin_roles"),
    ),
    CallGroup("Admin: figures", "What has come together so far, for the start page.", ("admin_analytics",)),
    CallGroup(
        "Admin: buying",
        "Buy for a customer, see what was bought, explain what is refused, and mark coupons as used.",
        ("admin_buying",),
    ),
    CallGroup(
        "Admin: customers",
        "Register, find and change customers, and put them on levels. Sellers may, too; customers see themselves.",
        ("admin_customers", "admin_avatars"),
    ),
    CallGroup(
        "Admin: one person's data",
        "Take away all that is kept of somebody, merge two accounts of one person, erase somebody.",
        ("admin_people",),
    ),
    CallGroup("Admin: invitations", "Who registered as recommended by whom.", ("admin_invitations",)),
    CallGroup("Admin: imports", "Customers, points and sales from files in XML, row by row.", ("admin_imports",)),
    CallGroup(
        "Admin: serving customers",
        "Find customers while typing; what one sees and why not more, what one holds, and every draw.",
        ("admin_serving",),
    ),
    CallGroup("Admin: levels", "The levels that customers reach by what they spend.", ("admin_levels",)),
    CallGroup("Admin: segments", "Lists of customers, for whom a campaign may be.", ("admin_segments",)),
    CallGroup("Admin: points", "Add, take and pass on points, and see every change.", ("admin_points",)),
    CallGroup(
        "Admin: sales",
        "Record sales and returns, see what they earned and why not more, and say whose they were. Sellers may, too.",
        ("admin_sales",),
    ),
    CallGroup("Admin: earning rules", "By what customers earn points.", ("admin_earning",)),
    CallGroup("Admin: sellers and shops", "Who sells, and at which points of sale.", ("admin_sellers",)),
    CallGroup(
        "Admin: chains and partners",
        "Chains with their businesses and apps, who of the staff acts for them, and partners' access tokens.",
        ("admin_chains",),
    ),
    CallGroup(
        "Admin: webhooks",
        "Tell other systems what happens, signed, in order, until they answer; what was sent, and sending it again.",
        ("admin_webhooks",),
    ),
    CallGroup("Admin: audit log", "Who of the staff and the partners changed what.", ("admin_audit",)),
    CallGroup("Seller: campaigns", "What a seller may offer.", ("seller_campaigns",)),
    CallGroup("Seller: buying", "Buy for the customer at the till, and explain what is refused.", ("seller_buying",)),
    CallGroup(
        "Seller: serving customers",
        "Find customers while typing; what one sees and why not more, what one holds, and every draw.",
        ("seller_serving",),
    ),
    CallGroup(
        "Seller: customers",
        "Register customers, see their status, move their points; levels and points of sale.",
        ("seller_customers",),
    ),
    CallGroup("Seller: sales", "What was sold, and what it earned.", ("seller_sales",)),
    CallGroup("Customer: campaigns", "Browse, buy, and use coupons.", ("customer_campaigns",)),
    CallGroup(
        "Customer: shop",
        "Look through campaigns of any kind, take part, play, and see what I hold and what was drawn.",
        ("customer_shop",),
    ),
    CallGroup(
        "Customer: points",
        "The changes of my points account, and the levels to reach.",
        ("customer_points", "customer_levels"),
    ),
    CallGroup(
        "Customer: sales", "What I have bought in the shops, and by what points can be earned.", ("customer_sales",)
    ),
    CallGroup("Customer: inviting", "Recommend the programme to somebody.", ("customer_invitations",)),
    CallGroup("Spaaza: signing in", "Sessions of customers and staff.", ("spaaza.sessions",)),
    CallGroup(
        "Spaaza: campaigns",
        "Create campaigns, list them with a customer's progress, and interact with them.",
        ("spaaza.campaigns", "spaaza.interactions"),
    ),
    CallGroup("Spaaza: vouchers", "Claim, lock, redeem, expire, issue and list vouchers.", ("spaaza.vouchers",)),
    CallGroup("Spaaza: users", "Sign customers up, and change their points.", ("spaaza.users",)),
    CallGroup("Spaaza: baskets", "What tills tell of purchases.", ("spaaza.baskets",)),
    CallGroup("Spaaza: referrals", "Who recommended whom, and the reward for it.", ("spaaza.referrals",)),
    CallGroup("SessionM: campaigns", "Create, list and move campaigns; divisions.", ("sessionm.campaigns",)),
    CallGroup(
        "SessionM: campaigns for customers",
        "What is there for a customer, how far they have come, and opting in and out.",
        ("sessionm.customer_campaigns",),
    ),
    CallGroup("SessionM: events", "What customers did, one event or many.", ("sessionm.events",)),
    CallGroup(
        "SessionM: users", "Register, change and tag customers, and give their devices a token.", ("sessionm.users",)
    ),
)
_BY_PLACE = {place: group for group in GROUPS for place in group.places}


def of(endpoint: str, view: Any) -> CallGroup:
    """The group of a call."""
    blueprint = endpoint.partition(".")[0]
    place = blueprint if blueprint in _BY_PLACE else f"{blueprint}.{view.__module__.rpartition('.')[2]}"
    return _BY_PLACE[place]


def tags() -> list[dict[str, str]]:
    """The groups as the document lists them."""
    return [{"name": group.name, "description": group.description} for group in GROUPS]
