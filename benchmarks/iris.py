"""The main job on iris, seeds 0 to 9, beside scikit-learn's MLPClassifier on the same splits.

python -m benchmarks.iris                   accuracies on the held-out 30 %
python -m benchmarks.iris --choose          the cross-validation that chose the defaults,
                                            inside the training parts only
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
import warnings

from nn.classifier import Settings, prepare, train
from nn.data import Standardizer, iris, split

CANDIDATES = [
    Settings(lr=rate, weight_decay=decay, epochs=epochs)
    for rate in (0.02, 0.05, 0.1)
    for decay in (0.0, 0.001, 0.01)
    for epochs in (60, 120)
]
SEEDS, FOLDS = 10, 3


def compare() -> None:
    from sklearn.neural_network import MLPClassifier

    print("seed  autograd-mini  scikit-learn  seconds")
    ours, theirs = [], []
    for seed in range(10):
        settings = Settings(seed=seed)
        started = time.perf_counter()
        done = train(*_rearranged(settings))
        seconds = time.perf_counter() - started
        ours.append(done.predictor.accuracy(done.test_part))
        scale = Standardizer.of(done.training_part.rows)
        rival = MLPClassifier(hidden_layer_sizes=(8, 8), activation="tanh", random_state=seed)
        rival.set_params(max_iter=2000)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rival.fit([scale(r) for r in done.training_part.rows], done.training_part.labels)
        theirs.append(rival.score([scale(r) for r in done.test_part.rows], done.test_part.labels))
        print(f"{seed:4}  {ours[-1]:13.1%}  {theirs[-1]:12.1%}  {seconds:7.1f}")
    print(f"mean  {statistics.mean(ours):13.1%}  {statistics.mean(theirs):12.1%}")
    print(f"least {min(ours):13.1%}  {min(theirs):12.1%}")


def _rearranged(settings: Settings):
    start, rng = prepare(iris(), settings)
    return start, settings, rng


def choose() -> None:
    """Mean accuracy of each candidate on parts held out of the training parts."""
    for candidate in CANDIDATES:
        scores = []
        for seed in range(SEEDS):
            training_part, _ = split(iris(), 0.3, random.Random(seed))
            for fold in range(FOLDS):
                settings = candidate._replace(seed=100 * seed + fold)
                start, rng = prepare(training_part, settings)
                done = train(start, settings, rng)
                scores.append(done.predictor.accuracy(done.test_part))
        print(f"{statistics.mean(scores):.4f}  {candidate}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--choose", action="store_true")
    choose() if parser.parse_args().choose else compare()
