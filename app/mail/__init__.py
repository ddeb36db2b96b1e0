"""Letters to customers: what each says and to whom (`letters`), in which words (`templates`), and how they go (`transports`).

A worker sends them from the outbox. They are never logged: they hold codes, names and addresses.
"""
