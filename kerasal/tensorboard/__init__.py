"""Saliency in TensorBoard: the files of a run, their readers, and the tab that shows them."""
