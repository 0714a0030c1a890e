"""Evaluation: how good a restorer is, beside others, on the same damaged images."""
