"""MLPs as estimators of scikit-learn, with compiled training."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Self

try:
    from scipy.special import softmax
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ModuleNotFoundError as error:
    message = 'estimators take scikit-learn: pip install "autograd-mini[sklearn]"'
    raise ImportError(message) from error
import numpy as np

from autograd_mini import compile
from autograd_mini.nested import flatten

from .layers import MLP
from .losses import cross_entropy, mean_squared_error
from .optimizers import Adam
from .training import fit

__all__ = ["MLPClassifier", "MLPRegressor"]


class _Estimator(BaseEstimator):  # type: ignore[misc]
    """What both estimators share."""

    def __init__(
        self,
        hidden_layer_sizes: int | Sequence[int] = (32,),
        activation: str | Callable[[Any], Any] = "relu",
        *,
        alpha: float = 1e-4,
        batch_size: int = 32,
        learning_rate_init: float = 0.01,
        max_iter: int = 50,
        random_state: Any = None,
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.alpha = alpha
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.random_state = random_state

    def _train(self, X: Any, targets: Any, outputs: int, loss: Callable[[Any, Any], Any]) -> Self:
        rng = random.Random(int(check_random_state(self.random_state).randint(2**31 - 1)))
        sizes = [*np.ravel(self.hidden_layer_sizes).tolist(), outputs]
        model = MLP(X.shape[1], sizes, activation=self.activation, rng=rng)
        history = fit(
            model,
            loss,
            zip(X, targets),
            optimizer=Adam(model.parameters(), self.learning_rate_init, weight_decay=self.alpha),
            epochs=self.max_iter,
            batch_size=self.batch_size,
            rng=rng,
            compiled=True,
        )
        if history.interrupted:  # a search over parameters should stop, too
            raise KeyboardInterrupt
        self.model_, self.history_ = model, history
        self.n_iter_, self.loss_ = len(history.epochs), history.epochs[-1].loss
        shapes = {"x": X.shape[1]}
        self._program = compile(lambda x: flatten([model(x)]), shapes=shapes, parameters=model)
        return self

    def _outputs(self, X: Any) -> Any:
        """What the model gives for each row."""
        check_is_fitted(self)
        return self._program.predict(validate_data(self, X, dtype=float, reset=False))


class MLPClassifier(ClassifierMixin, _Estimator):  # type: ignore[misc]
    """An MLP that classifies, trained by Adam on the cross-entropy.

    Args:
        hidden_layer_sizes: how many neurons each hidden layer has.
        activation: of the hidden layers, as for MLP.
        alpha: how strongly parameters are drawn to 0: alpha/2 times the sum of their squares is
            added to the loss.
        batch_size: examples a step.
        learning_rate_init: Adam's learning rate.
        max_iter: the number of epochs.
        random_state: a seed; a numpy.random.RandomState; or None for NumPy's own.

    Attributes:
        classes_: the labels, sorted.
        model_: the MLP, with an output for each label.
        history_: the History of its training.
        n_iter_: the number of epochs.
        loss_: the mean loss in the last one.

    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], ["low", "low", "high", "high"]
    >>> MLPClassifier(random_state=0).fit(X, y).predict([[-1.0], [5.0]]).tolist()
    ['low', 'high']
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Train on the rows of X and their labels y."""
        X, y = validate_data(self, X, y, dtype=float)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y has one class only, '{self.classes_[0]}'; it takes two or more")
        return self._train(X, labels, len(self.classes_), cross_entropy)

    def predict_proba(self, X: Any) -> Any:
        """The probability of each class, in the order of classes_, for each row."""
        return softmax(self._outputs(X), axis=1)

    def predict(self, X: Any) -> Any:
        """The most probable label for each row."""
        outputs = self._outputs(X)
        return self.classes_[outputs.argmax(axis=1)]


class MLPRegressor(RegressorMixin, _Estimator):  # type: ignore[misc]
    """An MLP that predicts numbers, trained by Adam on the mean squared error.

    Targets much larger than 1 are better standardised, by sklearn.compose's
    TransformedTargetRegressor. Arguments and attributes are those of MLPClassifier, without
    classes_.

    >>> X, y = [[-1.0], [0.0], [1.0]], [-1.0, 1.0, 3.0]
    >>> line = MLPRegressor(hidden_layer_sizes=(), max_iter=2000, alpha=0, random_state=0)
    >>> line.fit(X, y).predict([[3.0]]).round(3).tolist()
    [7.0]
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Train on the rows of X and their targets y: a number, or a row of them, for each."""
        X, y = validate_data(self, X, y, dtype=float, y_numeric=True, multi_output=True)
        self._is_flat = y.ndim == 1
        return self._train(X, y, 1 if self._is_flat else y.shape[1], mean_squared_error)

    def predict(self, X: Any) -> Any:
        """The number, or the numbers, for each row."""
        outputs = self._outputs(X)
        return outputs[:, 0] if self._is_flat else outputs
