"""One file per approach, from images to `Detections`."""
