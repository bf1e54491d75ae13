"""Axes of tensors: which shapes go together, and linear maps along them."""
