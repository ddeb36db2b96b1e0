"""Amounts of points and of money: integers of hundredths inside, numbers with at most two decimals outside."""

BALANCE_MAX = 10**14  # a million million points: sums stay far from what a 64-bit number holds


class Points(int):
    """An amount in hundredths of a point, so that a dialect knows to print it as points."""


def decimal(hundredths: int) -> str:
    """Text with two decimals: `1050` is `10.50`."""
    return f"{'-' if hundredths < 0 else ''}{abs(hundredths) // 100}.{abs(hundredths) % 100:02}"


def number(hundredths: int) -> int | float:
    """Whole values as integers: 1000 is `10`, 690 is `6.9`."""
    whole, rest = divmod(hundredths, 100)
    return whole if rest == 0 else hundredths / 100
