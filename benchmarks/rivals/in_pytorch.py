"""In PyTorch, eager."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F

ALPHA = 1e-4  # of the weight decay in micrograd's demo


def ready(loss: Any, parameters: list[Any]) -> Any:
    """The loss and its gradients by the parameters, as a function of a batch of tensors."""
    leaves = [torch.tensor(p, requires_grad=True) for p in parameters]

    def value_and_grad(X: Any, Y: Any) -> tuple[Any, Any]:
        X, Y = torch.as_tensor(X), torch.as_tensor(Y)
        value = loss(leaves, X, Y)
        return value.detach(), torch.autograd.grad(value, leaves)

    return value_and_grad


def hinge_mlp(parameters: list[Any]) -> Any:
    def loss(parameters: list[Any], X: Any, y: Any) -> Any:
        W1, b1, W2, b2, W3, b3 = parameters
        h = F.linear(X, W1, b1).relu()
        h = F.linear(h, W2, b2).relu()
        score = F.linear(h, W3, b3)[:, 0]
        every = torch.cat([p.view(-1) for p in parameters])
        return (1 - y * score).relu().mean() + ALPHA * every.dot(every)

    return ready(loss, parameters)


def softmax_mlp(parameters: list[Any]) -> Any:
    def loss(parameters: list[Any], X: Any, Y: Any) -> Any:
        W1, b1, W2, b2 = parameters
        return F.cross_entropy(F.linear(F.linear(X, W1, b1).relu(), W2, b2), Y)

    return ready(loss, parameters)


def tanh_mlp(parameters: list[Any]) -> Any:
    def loss(parameters: list[Any], X: Any, y: Any) -> Any:
        *hidden, (W, b) = zip(parameters[::2], parameters[1::2])
        h = X
        for W_i, b_i in hidden:
            h = F.linear(h, W_i, b_i).tanh()
        return F.mse_loss(F.linear(h, W, b)[:, 0], y)

    return ready(loss, parameters)


HEADS = 4
EPSILON = 1e-5


def gpt(parameters: list[Any]) -> Any:
    def loss(parameters: list[Any], X: Any, Y: Any) -> Any:
        tokens, positions, query, key, value, out, widen, narrow, head = parameters
        count, block, _ = X.shape
        width = (positions.shape[1],)
        x = F.rms_norm(X @ tokens + positions, width, eps=EPSILON)
        qkv = F.linear(F.rms_norm(x, width, eps=EPSILON), torch.cat([query, key, value]))
        q, k, v = qkv.view(count, block, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + F.linear(mixed.transpose(1, 2).reshape(x.shape), out)
        h = F.linear(F.rms_norm(x, width, eps=EPSILON), widen).relu()
        x = x + F.linear(h, narrow)
        return -torch.sum(Y * F.log_softmax(F.linear(x, head), dim=-1)) / count

    return ready(loss, parameters)
