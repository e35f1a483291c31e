"""refdet beside the systems that do the same, in one process: `python -m benchmarks`, docs/benchmarks.md."""
