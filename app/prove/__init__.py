"""`guerdon prove`: sells the last coupon exactly once while servers are killed, and shows it.

`scratch` makes a chain of its own and removes it, `servers` are processes that may be killed, `buyers` buy and write down what they were
told, `own_postgres` is a database that may be killed as well, and `proof` does it all and compares the journal with the tables.
"""
