"""Customers and everything that describes them: chains, levels, segments, staff, logins.

- `models`: the tables. `errors`: what can be refused here.
- `customers`: register, change, list, activate, move to a level. `levels`, `segments`: set them up; `headcount`
  keeps how many customers stand where.
- `identifiers`: find a customer by what other systems call it. `chains`: retailers, their branches, apps and permissions.
- `keys`: sessions of people, access tokens of partners.
- `staff`: admins and sellers. `logins`: passwords, sign-in, refresh tokens.
"""
