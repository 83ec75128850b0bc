"""The numerics: headless and pure. No files, no screen, no printing, no global state."""
