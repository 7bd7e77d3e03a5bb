"""The file formats in which people keep what they received."""
