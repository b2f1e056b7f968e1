from dataclasses import replace
from typing import Any

import pytest

from fireanalysis.errors import ParameterError
from fireanalysis.training import CNN, VIT, Recipe


def test_the_paper_s_settings() -> None:
    # Sections 4.2.2 and 4.2.3.
    assert (CNN.optimiser, CNN.learning_rate, CNN.momentum) == ("sgd", 0.005, 0.9)
    assert (CNN.warmup_epochs, CNN.epochs, CNN.gamma, CNN.class_weights) == (5, 30, 2.0, True)
    assert (VIT.optimiser, VIT.learning_rate, VIT.weight_decay) == ("adamw", 1e-4, 0.05)
    assert (VIT.warmup_epochs, VIT.epochs, VIT.network) == (5, 50, "vit_b_16")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("optimiser", "adam"),
        ("precision", "fp16"),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("learning_rate", "0.1"),
        ("momentum", -0.1),
        ("weight_decay", -1e-4),
        ("warmup_epochs", -1),
        ("gamma", -2.0),
        ("gamma", float("nan")),
        ("epochs", 0),
        ("epochs", 2.5),
        ("batch_size", 1),
        ("oversample_to", -1),
        ("patience", 0),
        ("seed", -1),
    ],
)
def test_settings_out_of_range(name: str, value: Any) -> None:
    with pytest.raises(ParameterError, match=f"{name} is {value!r}"):
        replace(Recipe(), **{name: value})
