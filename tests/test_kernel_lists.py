"""Lists of kernels, and of operators where there are none."""

from __future__ import annotations

import pytest
import torch

from clear_native.capture.kernel_lists import Launches, compare, compare_launches, run_operators


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


def test_copies_and_sets_of_a_graph_are_no_kernels() -> None:
    """Names as on an H200: in eager the copy engine's, in a graph kernels of the driver, several for one copy."""
    eager = Launches.of(["Memcpy DtoD (Device -> Device)", "gemm", "Memset (Device)"])
    captured = Launches.of(["memcpy128", "memcpy32_post", "gemm", "memset32", "memset32_aligned1D"])
    assert captured == Launches(("gemm",), ("memcpy128", "memcpy32_post", "memset32", "memset32_aligned1D"))
    found = compare_launches(eager, eager, captured)
    assert found.difference() == {}
    assert (found.eager, found.captured, found.mask_check) == (("gemm",), ("gemm",), ())
    assert found.eager_memory == ("Memcpy DtoD (Device -> Device)", "Memset (Device)")
    assert found.captured_memory == captured.memory


def test_other_kernels_differ_beside_copies() -> None:
    eager, captured = Launches.of(["gemm", "Memset (Device)"]), Launches.of(["memset32", "gemm", "softmax"])
    assert compare_launches(eager, eager, captured).difference() == {"softmax": (0, 1)}


@pytest.mark.parametrize(
    "name",
    ["memcpy_kernel", "void memcpy128<float>(float*)", "my_memset32", "memset", "CatArrayBatchedCopy", "memcpy128("],
)
def test_kernels_that_copy_are_kernels(name: str) -> None:
    assert Launches.of([name]) == Launches(kernels=(name,))


def test_copies_from_and_to_the_host_are_in_no_list() -> None:
    names = ["Memcpy HtoD (Pageable -> Device)", "Memcpy DtoH (Device -> Pinned)", "Memcpy HtoH (Pinned -> Pinned)"]
    assert not Launches.of(names)
    assert Launches.of([*names, "Memset (Device)"])


def test_operators_in_order() -> None:
    linear = torch.nn.Linear(3, 3)
    with torch.no_grad():
        names = run_operators(lambda: torch.relu(linear(torch.ones(1, 3))))
    assert names[-2:] == ["aten.addmm.default", "aten.relu.default"]
