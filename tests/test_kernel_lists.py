"""Lists of kernels, and of operators where there are none."""

from __future__ import annotations

import torch

from clear_native.capture.kernel_lists import compare, run_operators


def test_what_eager_with_given_masks_lacks_is_the_mask_check() -> None:
    found = compare(["reduce", "copy", "gemm", "gemm"], ["gemm", "gemm"], ["gemm", "gemm"])
    assert sorted(found.mask_check) == ["copy", "reduce"]
    assert found.difference() == {}


def test_another_kernel_is_a_difference() -> None:
    found = compare(["flash", "gemm"], ["flash", "gemm"], ["math", "softmax", "gemm"])
    assert found.difference() == {"flash": (1, 0), "math": (0, 1), "softmax": (0, 1)}
    assert found.eager == ("flash", "gemm")
    assert found.captured == ("math", "softmax", "gemm")


def test_a_kernel_more_often_is_a_difference() -> None:
    assert compare(["gemm"], ["gemm"], ["gemm", "gemm"]).difference() == {"gemm": (1, 2)}


def test_operators_in_order() -> None:
    linear = torch.nn.Linear(3, 3)
    with torch.no_grad():
        names = run_operators(lambda: torch.relu(linear(torch.ones(1, 3))))
    assert names[-2:] == ["aten.addmm.default", "aten.relu.default"]
