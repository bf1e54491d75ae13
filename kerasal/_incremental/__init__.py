"""Passes over a picture of which only a window changes."""
