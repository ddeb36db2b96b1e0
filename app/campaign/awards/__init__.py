"""Giving: `give`, the one way; `statement`, its guarded changes; `choice`, which reward; `draws`, by chance; `verification`."""
