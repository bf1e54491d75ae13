"""The user's model: found out about, run, intercepted and differentiated here, and touched nowhere else.

`versions` holds all that differs between Keras 2 and 3. Above it: `layer_tree` (layers and their paths), `workers` (several
processes that train one model), `interception` (layers' calls through handlers, and everything put back), `graphs` (facts of
a traced pass), `gradients`, `targets` (inputs and layers as users name them), `submodel` (what passes a layer), `dropout` and
`randomness` (layers that are random in samples), `fused_normalization`, `assertions` and `checks`.
"""
