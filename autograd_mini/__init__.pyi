# What type checkers read. Names that are loaded when they are used are imported here, and a star in
# a stub exports every function of the rule table.

from .backprop import gradients as gradients
from .compiler import compile as compile
from .draw import draw_dot as draw_dot
from .draw import draw_mlp as draw_mlp
from .errors import AutogradError as AutogradError
from .errors import DomainError as DomainError
from .errors import StaleGraphError as StaleGraphError
from .errors import TraceError as TraceError
from .formulas import latex as latex
from .graph import first_nonfinite as first_nonfinite
from .graph import group as group
from .graph import label_all as label_all
from .graph import node_names as node_names
from .graph import rerun as rerun
from .graph import topological_order as topological_order
from .nonfinite import why_nan as why_nan
from .paths import chain_rule as chain_rule
from .primitives import *
from .rules import Primitive as Primitive
from .rules import primitive as primitive
from .stepper import compare_steps as compare_steps
from .stepper import step_through as step_through
from .steps import Step as Step
from .steps import backprop_steps as backprop_steps
from .transforms import grad as grad
from .transforms import hessian as hessian
from .transforms import hvp as hvp
from .transforms import jacobian as jacobian
from .transforms import jvp as jvp
from .transforms import value_and_grad as value_and_grad
from .transforms import vjp as vjp
from .value import Scalar as Scalar
from .value import Value as Value

__version__: str
