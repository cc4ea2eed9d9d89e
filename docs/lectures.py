"""The page that leads from the topics of lectures to the code, the tests and the notebooks.

When the page is made, every name, test and section in the table is looked up. A missing one is an
error.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parent.parent

# topic: names in code; file::test; notebook: section
TOPICS = """
The perceptron, its cost, its update rule
    nn.Perceptron, nn.losses.perceptron_cost
    test_perceptron::each_mistake_is_a_gradient_step_on_the_perceptron_cost
    07a: Its update rule
The bias as one more weight
    nn.Perceptron
    test_perceptron::the_bias_as_a_weight_is_the_bias_beside_the_weights
    07a: The perceptron
XOR, where a perceptron fails
    nn.toys.xor
    test_perceptron::no_perceptron_is_right_on_more_than_three_quarters_of_exclusive_or
    07a: XOR: no line will do
XOR by a feature map, a kernel, random features, a hidden layer
    nn.RandomFeatures, nn.MLP
    test_random_features::a_perceptron_on_random_features_solves_exclusive_or
    07a: XOR by a hidden layer
Random projection layer
    nn.RandomFeatures
    test_random_features::it_is_the_sign_of_a_random_projection
    07a: XOR by random features
Linear regression, squared cost, several outputs
    nn.Linear, nn.losses.mean_squared_error
    test_linear_models::linear_regression_is_its_closed_form
    07b: Without the sigmoid: linear regression
Logistic regression is a perceptron with a sigmoid
    nn.Linear, nn.losses.binary_cross_entropy_with_logits
    test_linear_models::logistic_regression_is_that_of_scikit_learn
    07b: A soft perceptron is logistic regression
Softmax regression, m classes
    autograd_mini.softmax, nn.losses.cross_entropy
    test_linear_models::softmax_regression_is_that_of_scikit_learn
    07b: More than two classes: softmax regression
Will I pass?
    nn.losses.negative_log_likelihood
    test_matrix_backprop::sigmoid_and_likelihood_pass_prediction_minus_target
    09: Will I pass?
Maximum likelihood is minimum negative log-likelihood
    nn.losses.negative_log_likelihood
    test_losses::binary_cross_entropy_is_the_likelihood_of_a_sigmoid_without_the_cancellation
    09: Maximum likelihood
Neuron, wide layer z = Wx, depth and width
    nn.Neuron, nn.Layer, nn.MLP
    test_layers::the_gradient_of_a_neuron_is_that_of_its_formula
    07b: A layer is a matrix
Without activations the stack is one linear map
    nn.Sequential
    test_sequential::linear_layers_in_a_row_are_one_linear_layer
    07c: Without activations a stack is one layer
Dense, sparse and convolutional layers
    nn.Linear, nn.SparseLinear, nn.Conv1d, nn.Conv2d
    test_convolution::it_is_its_formula
    07b: Dense, sparse and convolutional layers
Activations: sign, step, sigmoid, tanh, ReLU and its variants
    nn.activations, nn.plots.activation_gallery
    test_pytorch::every_activation_that_pytorch_has_is_compared
    08: The gallery
Maxout
    nn.Maxout
    test_maxout::it_is_the_largest_of_its_pieces_and_passes_the_gradient_to_that_one
    08: Maxout learns its own shape
tanh(x) = 2 sigmoid(2x) - 1
    autograd_mini.tanh, autograd_mini.sigmoid
    test_notebooks::a_notebook_is_a_script_too
    08: tanh is a sigmoid, moved and stretched
Losses: squared, half squared, Huber, hinge, cross-entropy, penalties
    nn.losses
    test_pytorch::margin_losses
    09: Which loss for what
y' - y, the gradient of the usual losses
    nn.losses.half_squared_error, nn.losses.cross_entropy
    test_matrix_backprop::softmax_and_cross_entropy_pass_prediction_minus_target
    09: Logistic regression: prediction minus target, again
Descent in one dimension, learning rates too small and too large
    nn.optimizers.SGD
    test_optimizers::two_steps_worked_out_on_paper
    10: Gradient descent in one dimension
Stochastic and minibatch gradient descent
    nn.fit
    test_training::fit_is_the_loop_one_would_write_by_hand
    10: Stochastic gradients and minibatches
Momentum, Nesterov
    nn.optimizers.SGD
    test_optimizers::fifty_steps_are_those_of_pytorch
    10: Momentum
Adam, AdamW
    nn.optimizers.Adam, nn.optimizers.AdamW
    test_adam::fifty_steps_are_those_of_pytorch
    10: Adam
BFGS
    nn.optimizers.bfgs
    test_bfgs::rosenbrocks_valley
    10: Newton's method and BFGS
The natural gradient
    nn.optimizers.NaturalGradient
    test_natural_gradient::fisher_is_the_expected_hessian_of_the_negative_log_likelihood
    10: The natural gradient
Learning-rate schedules
    nn.schedules
    test_schedules::a_decay_starts_at_one_and_never_rises
    10: Learning-rate schedules
Gradient clipping
    nn.optimizers.clip_gradients
    test_clipping::a_longer_gradient_is_shortened_to_the_length_and_a_shorter_one_stays
    10: Clipping: the cliff
Weight initialisation: He, Xavier
    nn.initializers.he, nn.initializers.xavier
    test_diagnostics::over_thirty_layers_he_keeps_the_gradient_of_relu
    08: Thirty layers
Vanishing and exploding gradients
    nn.diagnostics.gradient_norms
    test_diagnostics::over_thirty_layers_the_gradient_of_sigmoid_vanishes
    08: The product of the Jacobians
Dead ReLUs
    nn.diagnostics.dead_neurons
    test_diagnostics::relus_die_of_a_large_negative_bias_and_leaky_ones_do_not
    08: Dead neurons
Early stopping
    nn.EarlyStopping
    test_early_stopping::it_stops_when_patience_is_over_at_the_best_epoch
    11: Early stopping
Weight decay: ridge and lasso
    nn.losses.l2, nn.losses.l1
    test_pytorch::squared_errors_and_penalties
    11: Ridge and lasso
Dropout
    nn.Dropout
    test_dropout::an_input_is_left_out_or_divided_by_the_share_that_is_kept
    11: Dropout
Memorising random labels; early stopping against noisy labels
    nn.fit
    test_notebooks::a_notebook_is_a_script_too
    11: Learning chance by heart
dz/dx = W, its transpose, I, diag f'
    autograd_mini.jacobian
    test_matrix_backprop::the_jacobian_of_a_linear_map_is_its_matrix
    12: Derivatives of vectors by vectors
dJ/dW = delta' x'
    autograd_mini.jacobian
    test_matrix_backprop::the_gradient_by_a_matrix_is_delta_times_the_input
    12: Derivatives of vectors by vectors
(2x - 3)**3, ln x**2
    autograd_mini.chain_rule
    test_notebooks::a_notebook_is_a_script_too
    04: One function inside another
f(v(u), w(u))
    autograd_mini.chain_rule
    test_paths::the_sum_over_all_paths_is_the_gradient
    04: Two ways from u to z
Storing factors that are used again
    autograd_mini.backprop_steps
    test_notebooks::a_notebook_is_a_script_too
    12: Why the factors are stored
The forward and backward algorithms over matrices
    nn.MLP
    test_matrix_backprop::cross_entropy_backward_over_matrices
    12: The backward pass
The same matrices, found in the scalar code of one example
    autograd_mini.compile
    test_notebooks::a_notebook_is_a_script_too
    14: Line by line
One hidden layer with softmax and cross-entropy
    nn.MLP, nn.losses.cross_entropy
    test_matrix_backprop::one_hidden_layer_written_out
    12: One hidden layer, softmax and cross entropy
The same network with L2 regularisation
    nn.losses.l2
    test_matrix_backprop::cross_entropy_backward_over_matrices
    12: With weight decay
Decision boundaries by depth
    nn.plots.decision_regions
    test_plots::decision_regions_of_one_score_are_where_it_is_above_and_below_zero
    07c: What layers add: half planes, polygons, anything
Universal approximation; polynomials, radial basis functions
    nn.MLP
    test_notebooks::a_notebook_is_a_script_too
    07c: One hidden layer can follow any curve
Deep against wide
    nn.MLP
    test_notebooks::a_notebook_is_a_script_too
    07c: How many parameters does each depth need?
Michaelis-Menten
    nn.MLP
    test_notebooks::a_notebook_is_a_script_too
    07c: Michaelis and Menten, by one layer and by two
Why a topological order
    autograd_mini.topological_order, autograd_mini.step_through
    test_backprop::the_depth_first_steps_are_the_naive_recursion
    03: Two additions
"""


def page() -> str:
    """The page.

    Raises:
        LookupError: a name, a test or a section does not exist.
    """
    lines = [
        "# The topics of courses on perceptrons, networks and backprop",
        "",
        "Where each topic is in the code, in a test and in a notebook. Made by",
        '`python docs/make_pages.py`. The test "a notebook is a script too" runs the notebooks,',
        "which assert what they claim.",
        "",
        "| topic | code | test | notebook |",
        "|---|---|---|---|",
    ]
    rows = TOPICS.strip().splitlines()
    for topic, names, test, section in zip(*[iter(rows)] * 4):
        cells = (
            topic,
            ", ".join(f"`{_name(name)}`" for name in names.strip().split(", ")),
            _test(test.strip()),
            _section(section.strip()),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _name(name: str) -> str:
    package, *rest = name.split(".")
    found = importlib.import_module(package)
    for part in rest:
        if not hasattr(found, part):
            importlib.import_module(f"{found.__name__}.{part}")
        found = getattr(found, part)
    return name


def _test(test: str) -> str:
    file, name = test.split("::")
    [path] = _only((ROOT / "tests").glob(f"*/{file}.py"), f"test file {file}")
    if f"def test_{name}(" not in path.read_text(encoding="utf-8"):
        raise LookupError(f"there is no test_{name} in {path.name}")
    return f"[{name.replace('_', ' ')}](../{path.relative_to(ROOT).as_posix()})"


def _section(section: str) -> str:
    number, title = section.split(": ", 1)
    [path] = _only((ROOT / "notebooks").glob(f"{number}_*.py"), f"notebook {number}")
    if not re.search(rf"^# ## {re.escape(title)}$", path.read_text(encoding="utf-8"), re.MULTILINE):
        raise LookupError(f"there is no section {title!r} in {path.name}")
    return f"[{number}, {title}](../notebooks/{path.stem}.ipynb)"


def _only(paths: Iterable[Path], what: str) -> list[Path]:
    found = list(paths)
    if len(found) != 1:
        raise LookupError(f"expected one {what}, found {len(found)}")
    return found
