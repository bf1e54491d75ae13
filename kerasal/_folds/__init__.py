"""Samples folded into maps, with what is known of their error."""
