"""What must leave the house after a commit: events for those who subscribed to them, and mail.

Whoever causes an event writes it with `writing` in the same transaction, or as a step of the same statement: a *message* for
each who listens. A worker takes messages by *leases* (`queue`), sends them (`webhooks`; mail is `app.mail`'s), and notes each try.
`events` tells which kinds there are and what each says, `subscriptions` who is told, `targets` which addresses may be.
"""
