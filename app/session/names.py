"""What files of projects are called."""

SUFFIX = ".deconvolyte"

ABOUT = "project.json"
"""Entry of a project file that says what is in it."""
