"""Restoring over HTTP: what the commands do, for programs and for the page."""
