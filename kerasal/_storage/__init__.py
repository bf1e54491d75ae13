"""Files and named arrays, local or remote, without TensorFlow."""
