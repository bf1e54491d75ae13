"""Explanations as parts of models, which TensorFlow serves alone."""
