"""A campaign as one document: what it says (`spec`), how that is written as JSON (`shape`), and whether it makes sense (`problems`).

`stored` reads a campaign back whole, `references` puts keys in the place of ids, `differences` tells two documents apart in words, and
`ask` answers what a customer would get of one that is not saved.
"""
