"""What customers may change of themselves, without a database."""

from uuid import UUID

import pytest

from app.members import own_edits
from app.members.models import Customer, Level, Profile

GOLD, SELLER, OTHER = (UUID(int=number) for number in range(3))
CLEO = Customer(
    level=Level(uuid=GOLD),
    seller_uuid=SELLER,
    profile=Profile(
        first_name="Cleo",
        email="cleo@guerdon.example",
        phone="+48500100200",
        loyalty_card_number="0042",
        labels=[["vip", "yes"], ["since", "2020"]],
    ),
)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (
            {
                "labels": [("since", "2020"), ("vip", "yes")],
                "seller": SELLER,
                "level": GOLD,
                "shop": None,
                "loyalty_card_number": "0042",
            },
            [],
        ),
        ({"labels": [("vip", "yes")]}, ["labels"]),
        ({"labels": []}, ["labels"]),
        ({"seller": OTHER, "level": OTHER, "shop": OTHER}, ["seller", "level", "shop"]),
        ({"level": None, "loyalty_card_number": ""}, ["level", "loyalty_card_number"]),
        ({"first_name": "Cleopatra", "email": "other@guerdon.example"}, []),
    ],
)
def test_what_the_staff_decides(changes: dict[str, object], named: list[str]) -> None:
    assert own_edits.of_staff(CLEO, changes) == named


@pytest.mark.parametrize(
    ("changes", "needing"),
    [
        ({"email": "Cleo@Guerdon.example", "phone": "+48500100200", "first_name": "Cleopatra"}, {}),
        ({"email": "other@guerdon.example"}, {"email": "other@guerdon.example"}),
        ({"email": None, "phone": ""}, {"email": None, "phone": ""}),
    ],
)
def test_what_needs_the_password(changes: dict[str, object], needing: dict[str, object]) -> None:
    assert own_edits.needing_password(CLEO, changes) == needing
