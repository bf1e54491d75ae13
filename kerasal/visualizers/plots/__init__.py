"""Pictures of a `Saliency`: a module for each kind of example, whose `plot` takes a batch or one example."""
