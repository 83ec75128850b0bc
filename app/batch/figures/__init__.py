"""Figures for papers: fractions along the series, and every fit with its residual."""

from app.batch.figures.write import write_figures

__all__ = ["write_figures"]
