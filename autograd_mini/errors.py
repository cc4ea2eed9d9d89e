"""The library's own exceptions. Each is also the built-in exception that fits."""


class AutogradError(Exception):
    """Base of every exception that is this library's own."""


class DomainError(AutogradError, ValueError):
    """An operand lies outside the domain of a function, such as the logarithm of 0."""


class TraceError(AutogradError, TypeError):
    """A traced program did something that cannot be traced, such as branching on a number."""


class GradientError(AutogradError, AssertionError):
    """A gradient is not what differentiating the function numerically gives."""


class StaleGraphError(AutogradError, RuntimeError):
    """A leaf changed after its graph was built, so the rules no longer match the graph."""
