"""Customers and everything that describes them: levels, segments, staff, logins.

- `models`: the tables. `errors`: what can be refused here.
- `customers`: register, change, list, activate, move to a level. `levels`, `segments`: set them up; `headcount`
  keeps how many customers stand where.
- `staff`: admins and sellers. `logins`: passwords, sign-in, refresh tokens.
"""
