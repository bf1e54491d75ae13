"""Incremental inference: occlusion of pictures that computes only what a window can change.

`reach` says which positions of a tensor a window can change, `patches` computes them alone, `passes` decides up to which layer
that pays.
"""
