"""Pages of campaigns, a file a reader: `catalogue` for buying, `chain_campaigns` for a chain, `customer_campaigns` for one customer."""
