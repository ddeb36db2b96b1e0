"""Retailers: chains, their businesses, shops and apps."""
