"""Sales: what customers buy in the shops, and the points that they earn by it. Start reading at `recording.record`.

A *sale* is a receipt of a till, a basket, a transaction; a *return* gives some of one back. `matching` finds whose it is, `rules` is
pure, and says what each earning rule gives for it and why not more, `earning` writes that into the ledger, and takes it back;
`earning_rules` are the admin's. Amounts of money and of points in hundredths.
"""
