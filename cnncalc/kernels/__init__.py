"""The NumPy arithmetic of the forward pass. It works on arrays and plain numbers, not on layers or symbolic shapes.

Arrays are ``(N, C, *spatial)``, as in PyTorch; in memory the channels come last, which suits matrix
products and elementwise operations best.
"""
