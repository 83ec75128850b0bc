"""The results tab: fractions and shifts along the series, checks, numbers."""
