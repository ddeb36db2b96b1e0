"""Take over many customers at once, from a table that another system has written: `rows` reads it, `customers` checks and adds them."""
