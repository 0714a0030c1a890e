"""Image files and arrays in and out: the one package that knows files."""
