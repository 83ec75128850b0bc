"""The desktop program, the command line and everything that touches files."""
