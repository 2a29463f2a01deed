"""compiled.pt2: the exported program compiled by AOTInductor. It is code: loaded only where that was asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from clear_native.errors import ExportFailedError
from clear_native.subject.model_guard import is_out_of_memory

__all__ = ["COMPILED", "compile_program", "tolerance"]

COMPILED = "compiled.pt2"

_TOLERANCES = {torch.float64: 1e-6, torch.float32: 1e-3}
_TOLERANCE_OF_HALVES = 3e-2


def tolerance(reference: tuple[torch.Tensor, ...]) -> dict[str, float]:
    """Relative and absolute: fused kernels round otherwise, and over the layers of a model that adds up."""
    floats = [tensor.dtype for tensor in reference if tensor.is_floating_point()]
    largest = max((_TOLERANCES.get(dtype, _TOLERANCE_OF_HALVES) for dtype in floats), default=0.0)
    return {"rtol": largest, "atol": largest}


def compile_program(
    program: torch.export.ExportedProgram,
    inputs: tuple[torch.Tensor, ...],
    reference: tuple[torch.Tensor, ...],
    path: Path,
) -> dict[str, float]:
    """Writes the package, runs it once, and returns the tolerance that it kept.

    Raises ExportFailedError where it cannot be compiled, or gives something else than the model.
    """
    import torch._inductor

    def compiled() -> Any:
        torch._inductor.aoti_compile_and_package(program, package_path=str(path))
        return torch._inductor.aoti_load_package(str(path))

    with torch.no_grad():
        package = _typed(compiled)
        output = _typed(lambda: package(*[tensor.clone() for tensor in inputs]))
    found = [output] if isinstance(output, torch.Tensor) else list(output)
    allowed = tolerance(reference)
    for number, (tensor, expected) in enumerate(zip(found, reference, strict=True)):
        if not torch.allclose(tensor, expected, **allowed, equal_nan=True):
            raise ExportFailedError(
                f"output {number} of the compiled model is not the model's own within {allowed['rtol']:.0e}: export it "
                "without compiled=True, whose plan runs the model's own kernels"
            )
    return allowed


def _typed(step: Callable[[], Any]) -> Any:
    try:
        return step()
    except Exception as error:
        if is_out_of_memory(error):
            raise
        lines = str(error).strip().splitlines() or ["no message"]
        raise ExportFailedError(
            f"AOTInductor could not compile or run the model ({type(error).__name__}: {lines[0][:300]}): see that a "
            "C++ compiler (and nvcc for CUDA) is installed, or export it without compiled=True"
        ) from error
