"""The library's own exceptions. Each is derived from the built-in exception that fits."""


class AutogradError(Exception):
    """The base class of all exceptions of this library."""


class DomainError(AutogradError, ValueError):
    """An operand is outside the domain of a function, such as 0 for the logarithm."""


class TraceError(AutogradError, TypeError):
    """A traced program did something that cannot be traced, such as branching on a number."""


class GradientError(AutogradError, AssertionError):
    """A gradient differs from the numerical derivative, or cannot be compared with it."""


class StaleGraphError(AutogradError, RuntimeError):
    """A leaf was changed after a graph was built from it."""
