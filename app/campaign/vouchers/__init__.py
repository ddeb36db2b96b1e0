"""What customers hold: `lifecycle`, `lookup`, coupons that were `bought`, what they can be worth (`terms`), what names them (`keys`)."""
