"""Trainings in a row, in as many sittings as it takes: `python -m research.recipe`."""
