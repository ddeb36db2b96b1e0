"""What customers hold: `lifecycle`, `lookup`, what they can be worth (`terms`), what names them (`keys`)."""
