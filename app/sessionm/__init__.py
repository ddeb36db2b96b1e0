"""How SessionM speaks: its calls, its applications and their anonymous visitors, its envelope and its codes.

- `codes`: every code with its status, and the word for every refusal of the domain, call by call.
- `envelope`: ok and error as they are sent. `access`: who is calling. `identify`: which customer and campaign an address names.
- `doors`: the calls, a file a noun. `calls`: how one is hung at all its addresses. `forms`: what they are sent.
- `views`, `offers`: the JSON of what they answer. `schemas`: the same for the manual.

Source: the document replayed in tests/sessionm; docs/decisions/0008 lists what it leaves open.
"""

from app.sessionm import doors
from app.sessionm.calls import blueprint

__all__ = ["BLUEPRINTS", "doors"]

BLUEPRINTS = [blueprint]
