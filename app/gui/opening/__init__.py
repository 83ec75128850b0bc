"""Choosing files, and what is said about them before they are loaded."""
