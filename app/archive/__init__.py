"""Archives: experiments (and what came out of them) in HDF5 that follows NeXus."""
