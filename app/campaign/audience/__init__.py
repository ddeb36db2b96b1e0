"""Whom campaigns are for, and who is shown them.

- `visibility`: who is shown what, the one place that decides it. Pure; `visibility_sql` says the same for pages.
- `traits`: what restrictions may ask about a customer.
"""
