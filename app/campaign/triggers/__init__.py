"""What makes a campaign give: purchases, interactions, baskets, sign-ups, referrals, events."""
