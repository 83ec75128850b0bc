"""Engines: each minimises the same problem; the slow one is the judge of the fast one."""
