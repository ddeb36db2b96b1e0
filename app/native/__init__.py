"""How Guerdon itself speaks, where none of the documents it implements has a call: what its own pages ask for, open to every client.

JSON in snake_case, as campaigns' documents are written. Amounts are text with two decimals, moments ISO 8601 in UTC; long lists are
read on from where they ended (`before`), and nothing is counted for them.
"""
