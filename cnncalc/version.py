"""The version of cnncalc and its home: the only place that states them."""

__version__ = "0.1.0"
HOME = "https://github.com/cnncalc/cnncalc"
