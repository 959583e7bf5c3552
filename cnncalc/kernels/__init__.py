"""NumPy arithmetic of the forward pass. Knows arrays and plain numbers, nothing of layers or symbolic shapes.

Arrays are ``(N, C, *spatial)``, as PyTorch's; in memory the channels come last, which is what matrix
products and elementwise operations like best.
"""
