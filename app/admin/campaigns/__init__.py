"""Campaigns: as Open Loyalty's forms and as whole documents; their codes, photos and draws, what is bought of them, how they go."""
