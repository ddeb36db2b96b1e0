"""What a voucher can be worth: an amount, a percentage or a code. Pure; for campaigns that give them and for issuing by hand."""

from app.campaign.errors import BadVoucher

WHOLE = 10_000  # all of it, in hundredths of a percent


def validate(kind: str, amount: int, hundredths_of_percent: int | None, code: str | None) -> None:
    """Raises BadVoucher unless a `basket` voucher has an amount, a `basket_pct` a percentage, an `honour` a code."""
    if kind == "basket" and amount <= 0:
        raise BadVoucher(
            "A voucher for a basket has a positive amount, or says its percentage of the sale that it is given for."
        )
    if kind == "basket_pct" and not 0 < (hundredths_of_percent or 0) <= WHOLE:
        raise BadVoucher("A percentage is over 0 and at most 100.")
    if kind == "honour" and not code:
        raise BadVoucher("An honour voucher has a code.")
