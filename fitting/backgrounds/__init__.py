"""Backgrounds, one file each, and the catalogues of the three kinds."""
