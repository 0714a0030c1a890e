"""Programs for the project's own experiments; not installed."""
