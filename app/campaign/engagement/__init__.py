"""What customers do: behaviors count events, customers opt in and out, creatives are looked at."""
