"""`guerdon worker`: what is done beside the requests.

`deliveries` sends what waits in the outbox, `clock_jobs` does what is due by the clock, `process` is the process that does both.

Several may run at once, on several hosts: they share the work, and what one that dies had taken is taken by another.
"""
