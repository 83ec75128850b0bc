"""The window. Widgets show and ask; what is open and how it changes is ``app.session``."""
