"""How Open Loyalty speaks, shared by the doors of `app.admin`, `app.seller` and `app.customer`.

- `body`: what was sent, as one nested structure, whether as `campaign[levels][0]=…` or as JSON; bounded.
- `forms`: the machinery of forms and their error tree. `fields`: the kinds of fields. `<noun>_form`: each form.
- `views`: the JSON of campaigns, customers, purchases, points. `formats`: dates, numbers, Markdown.
- `errors`: every refusal in Open Loyalty's words. `queries`: paging, sorting, filters. `api`: OpenAPI and blueprints.
"""
