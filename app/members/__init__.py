"""Customers and what describes them: levels, segments, tags, attributes.

- `models`: the tables. `errors`: what can be refused here.
- `customers`: register, change, activate, move to a level. `levels`: set them up; `sizes` keeps how many customers stand where.
  `own_edits`: what customers change of themselves. `tags`, `attributes`: what restrictions ask about.
- `listing`: lists for the staff. `finding`: while somebody types. `roster`: a table to take away. `identifiers`: by what other systems
  call a customer.

Chains and shops are in `organizations`, staff and logins in `access`, points in `points`, who belongs to a segment in `segments`.
"""
