"""Programs with a page: the dashboard."""
