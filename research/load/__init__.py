"""Many clients at once, against the service as it is started."""
