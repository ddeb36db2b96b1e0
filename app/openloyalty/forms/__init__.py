"""What Open Loyalty's clients send.

`form`: the machinery of forms, and their error tree. `fields`: the kinds of fields. The rest are the forms, a file a noun.
"""
