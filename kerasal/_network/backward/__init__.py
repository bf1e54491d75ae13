"""Backward rules: what operations of a traced pass hand back in place of their gradients."""
