"""Robustness: how much the quality of a restoration depends on where and how things lie."""
