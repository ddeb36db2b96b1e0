"""The manual at `/docs`: one OpenAPI document of what all dialects and roles can call.

- `document`: made from the routes themselves. `groups` and `names`: what its groups and its calls are called.
- `introduction.md`: what is read before the first call. `examples.json`: one of each call, written by `make examples`.
"""
