"""Where to look: windows and other candidate boxes, and how many objects they cover."""
