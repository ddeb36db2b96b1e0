"""Who may come in: logins and passwords, tokens, the staff and its permissions."""
