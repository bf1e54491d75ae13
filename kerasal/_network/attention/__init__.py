"""Attention of tokens to one another in a traced graph: found by what is computed, not by names or the order of layers.

`products` finds softmaxes over keys that multiply values, `tokens` marks tokens and follows them, `blocks` checks that nothing but
attention mixes them, `reading` says which tokens the score is made of.
"""
