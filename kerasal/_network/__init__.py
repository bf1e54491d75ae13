"""The user's model: run, read, intercepted and differentiated; nothing else touches it."""
