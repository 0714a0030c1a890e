"""Where to look for what a hole hides: attention that is taught to, beside what compares patches."""
