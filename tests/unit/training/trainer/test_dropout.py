"""Dropout from few random bits: share, mean and gradient, and reproducibility."""

import pytest
import torch

from pytest_glue.training.trainer.dropout import dropout, fast_dropout


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_a_share_is_dropped_and_the_rest_scaled(p: float) -> None:
    """Of 1000 x 1000 elements, a share p is 0 within five standard errors, and the others are scaled up."""
    torch.manual_seed(1)
    found = dropout(torch.ones(999, 1001), p)
    assert 5 * (p * (1 - p) / found.numel()) ** 0.5 > abs((found == 0).float().mean().item() - p)
    assert pytest.approx([0, 1 / (1 - p)], rel=1e-3) == sorted(set(found.flatten().tolist()))


def test_neighbours_are_independent() -> None:
    """Elements that share a random word are dropped independently."""
    torch.manual_seed(2)
    dropped = (dropout(torch.ones(250_000, 4), 0.5) == 0).float()
    correlations = torch.corrcoef(dropped.T) - torch.eye(4)
    assert 5 / 250_000**0.5 > correlations.abs().max().item()


def test_the_gradient_is_that_of_the_kept() -> None:
    """Dropped elements get no gradient, the others their scale."""
    states = torch.ones(64, 64, requires_grad=True)
    found = dropout(states, 0.3)
    torch.autograd.backward(found.sum())
    assert states.grad is not None
    assert torch.equal(found.detach(), states.grad)


@pytest.mark.parametrize(("p", "expected"), [(0.0, [1.0, 2.0]), (1.0, [0.0, 0.0])])
def test_none_or_all(p: float, expected: list[float]) -> None:
    """P = 0 drops nothing, p = 1 everything."""
    assert expected == dropout(torch.tensor([1.0, 2.0]), p).tolist()


def test_a_model_uses_it_in_training_alone() -> None:
    """In the context, dropout follows torch's random state in training mode. Afterwards, layers are torch's own."""
    model, states = torch.nn.Sequential(torch.nn.Dropout(0.5)), torch.ones(1000)
    draws = []
    for _ in range(2):
        torch.manual_seed(3)
        with fast_dropout(model):
            draws.append(model(states))
    torch.manual_seed(3)
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], model(states))
    with fast_dropout(model.eval()):
        assert torch.equal(states, model(states))
    assert "forward" not in vars(model[0])
