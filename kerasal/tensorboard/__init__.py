"""Saliency in TensorBoard: what is written, where, and under which tags."""
