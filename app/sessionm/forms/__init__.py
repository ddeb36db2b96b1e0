"""What SessionM's clients send.

`bodies`: objects of a JSON body, attribute by attribute. `queries`: what stands behind the question mark, read leniently.
`campaigns`, `rewards`: the campaign that a body describes, and what it gives.
"""
