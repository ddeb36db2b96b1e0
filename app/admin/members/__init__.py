"""Customers, and what moves them: levels, segments, points, sales, earning rules; imports, and one person's data."""
