"""The series strip: the whole series at one glance, and moving about in it."""
