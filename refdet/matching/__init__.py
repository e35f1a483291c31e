"""Who belongs to whom: predictions, anchors or proposals, and the objects of an image."""
