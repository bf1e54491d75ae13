"""The command `kerasal`: explanations from the shell. Nothing is loaded before a command needs it."""
