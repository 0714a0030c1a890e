"""What methods of this package and of others cost."""
