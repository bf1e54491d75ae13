"""Pictures of logged maps, by kind of example."""
