"""How Spaaza speaks: its calls, its three kinds of callers, its envelope and its codes.

- `codes`: every code with its name and status, and the word of every call for every refusal of the domain.
- `envelope`: results, warnings and errors as they are sent. `access`: who is calling. `parameters`: what was sent.
- `doors`: the calls, a file a noun. `calls`: how one is hung at all its addresses.
- `views`: the JSON of what they answer. `schemas`: the same for the manual.

Source: the three documents replayed in tests/spaaza; docs/decisions/0006 lists what they leave open.
"""

from app.spaaza import doors
from app.spaaza.calls import blueprint

__all__ = ["BLUEPRINTS", "doors"]

BLUEPRINTS = [blueprint]
