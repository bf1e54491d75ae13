"""Pictures of logged maps, a file for each kind of example."""
