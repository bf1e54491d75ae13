"""Parts of a `Saliency`: checks of its arrays, and what it knows of its examples."""
