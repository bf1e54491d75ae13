"""Saliency of data sets of any length, in stores on disk."""
