"""What panels show, as Qt models: no widgets, no numerics."""
