"""Draws that anybody can check afterwards. Pure; docs/draws.md explains it without mathematics.

A campaign's seed is made with the campaign, and its SHA-256, the commitment, is published at once. The first, second, third …
draw of a customer has a ticket that follows from the seed, the campaign, the customer and the number alone:
HMAC-SHA256(seed, "campaign/customer/number"). So it was fixed before anybody drew, nobody without the seed can foresee it,
and nobody, with the seed or without, can change it. The ticket picks one of the candidates by their weights.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from uuid import UUID

Candidate = tuple[int, int]  # a reward method's id, and its weight


def new_seed() -> str:
    return secrets.token_hex(32)


def commitment(seed: str) -> str:
    """SHA-256 of the seed's 32 bytes."""
    return hashlib.sha256(bytes.fromhex(seed)).hexdigest()


def ticket(seed: str, campaign: UUID, customer: UUID, number: int) -> str:
    """The ticket of a customer's draw with this number, as 64 hexadecimal digits."""
    return hmac.new(bytes.fromhex(seed), f"{campaign}/{customer}/{number}".encode(), hashlib.sha256).hexdigest()


def pick(candidates: Sequence[Candidate], ticket: str) -> int:
    """The candidate on whom the ticket falls. The candidates lie side by side, by id, each as long as its weight.

    The ticket's 256 bits are scaled to the whole length: no candidate is favoured by more than 1 in 2**190.
    """
    ordered = sorted(candidates)
    place = int(ticket, 16) * sum(weight for _, weight in ordered) >> 256
    for method, weight in ordered:
        place -= weight
        if place < 0:
            return method
    raise ValueError("there is nothing to draw from")
