"""The retailer: chains and their apps, admins, sellers and shops, signing in, the audit log, webhooks."""
