"""Customers and what describes them: levels, segments, tags, attributes.

- `models`: the tables. `errors`: what can be refused here.
- `customers`: register, change, list, activate, move to a level. `levels`, `segments`: set them up; `sizes` keeps how many
  customers stand where. `tags`, `attributes`: what restrictions ask about.
- `identifiers`: find a customer by what other systems call it.

Chains and shops are in `organizations`, staff and logins in `access`, points in `points`.
"""
