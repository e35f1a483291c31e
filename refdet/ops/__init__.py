"""The paired operations: here the NumPy references, which define what the C++ and CUDA kernels compute."""
