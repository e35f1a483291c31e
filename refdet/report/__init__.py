"""Self-contained HTML: one file with tables, SVG drawings and steps to click through.

It needs neither network nor Python to be read. `page.Page` collects the parts; `detections`, `curves` and
`bars` draw SVG for it; `player` prepares a trace.
"""
