"""Charge logs without spectra: what they hold, their plan, what they say."""
