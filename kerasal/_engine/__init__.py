"""One call of a calculator: checks, compiled programs, blocks of examples, samples."""
