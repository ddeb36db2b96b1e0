"""Earning rules: what all roles share."""

from flask import Response

from app import clock
from app.openloyalty import sale_views, views
from app.openloyalty.queries import paging
from app.sales import earning_rules
from app.web.door import chains, reading


def list_valid_rules() -> Response:
    """The earning rules that are valid now."""
    with reading() as session:
        found = earning_rules.page(session, chains(), paging(), only_valid_at=clock.now())
        return views.paged("earningRules", found, sale_views.earning_rule)
