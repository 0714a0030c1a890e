"""Restoration of damaged images: fill what is missing, clean what is noisy."""
