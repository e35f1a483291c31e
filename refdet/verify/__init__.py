"""Proof or counterexample for somebody's kernel: ``refdet verify nms mymodule:my_nms``.

How a run goes, file by file: a `contract` says what an operation promises, `contracts/` has one for each, which draws
cases and judges answers; a `target` is the kernel, in a `child` process or in this one; `run` goes through the cases
and stops at the first broken promise; `shrink` makes that case small; `fit` asks which profile the kernel follows.

An answer is judged by its definition, never by comparing it with the reference, which is one of the kernels that are
judged. Where rounding leaves open on which side of a threshold a number lies, both sides are right: `bounded` carries
the widest error along with each number. Where every number is exact, one side is.
"""
