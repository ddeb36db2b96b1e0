"""What names a voucher to others: its key, and its id at third parties."""

import secrets


def new_key() -> str:
    """A voucher's key: 64 hexadecimal digits that nobody can guess."""
    return secrets.token_hex(32)


def new_third_party_id() -> int:
    """Ten digits, for chains whose tills know no longer numbers."""
    return secrets.randbelow(9 * 10**9) + 10**9
