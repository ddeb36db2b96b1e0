"""How Open Loyalty speaks, shared by the doors of `app.admin`, `app.seller` and `app.customer`.

- `forms/`: what clients send; the machinery of forms and their error tree, and each form. `queries`: paging and filters;
  `sorting`: what each list is sorted by.
- `campaign_views`, `member_views`, `sale_views`: the JSON of each thing. `formats`: dates, numbers, Markdown, lists.
- `shared/`: what the doors of several roles do alike, and the routes below an address of each role.
- `errors`: every refusal in Open Loyalty's words. `schemas`: the shapes of answers, for the manual. `api`: OpenAPI and blueprints.
"""
