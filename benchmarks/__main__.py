"""`python -m benchmarks`: one thread everywhere, said before NumPy or a peer is imported."""

import os

if __name__ == "__main__":
    pools = "OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMEXPR", "RAYON", "REFDET"
    os.environ.update({f"{pool}_NUM_THREADS": "1" for pool in pools})

    from benchmarks.command import main

    raise SystemExit(main())
