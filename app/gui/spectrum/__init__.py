"""The spectrum: points, envelope, components, residual, markers, and what can be dragged."""
