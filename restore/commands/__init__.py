"""The commands of `restore` that work with trained weights; their functions are their documentation."""
