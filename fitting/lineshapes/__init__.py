"""Line shapes, one file each, and the catalogue of them."""
