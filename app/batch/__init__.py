"""Many spectra: a job is rounds of chunks, each finished chunk its own file."""
