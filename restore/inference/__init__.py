"""Inference: trained networks on images of any kind and size."""
