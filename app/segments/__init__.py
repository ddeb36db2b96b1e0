"""Segments of customers: `segments` are what an admin decides, `criteria` whom they mean, in SQL, `membership` who belongs to which now."""
