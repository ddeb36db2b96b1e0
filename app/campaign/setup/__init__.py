"""Setting campaigns up: `spec`, what is decided about one; `campaigns`, `coupons` and `photos`."""
