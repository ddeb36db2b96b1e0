"""Earning rules: what all roles share."""

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from app import clock
from app.access.models import CUSTOMER
from app.media.pictures import with_picture
from app.openloyalty import sale_views, sorting
from app.openloyalty.formats import paged
from app.openloyalty.queries import paging
from app.paging import Paged
from app.sales import earning_rules
from app.sales.models import EarningRule
from app.web.door import caller, chains, reading


def list_valid_rules() -> Response:
    """The earning rules that are valid now."""
    with reading() as session:
        return paged_rules(
            session, earning_rules.page(session, chains(), paging(sorting.EARNING_RULES), only_valid_at=clock.now())
        )


def paged_rules(session: Session, found: Paged[EarningRule]) -> Response:
    """A page of earning rules."""
    pictured = with_picture(session, "earning_rule", (it.uuid for it in found.rows))
    hidden = {"code"} if caller().role == CUSTOMER else set()  # whoever has read it earns by it

    def shown(it: EarningRule) -> dict[str, Any]:
        printed = sale_views.earning_rule(it, it.uuid in pictured)
        return {name: value for name, value in printed.items() if name not in hidden}

    return paged("earningRules", found, shown)


def shown_rule(session: Session, it: EarningRule) -> dict[str, Any]:
    """An earning rule as it is shown."""
    return sale_views.earning_rule(it, it.uuid in with_picture(session, "earning_rule", [it.uuid]))
