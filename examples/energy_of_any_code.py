"""Joules of code that is no model: variants of a function compared, and windows in a running program.

python examples/energy_of_any_code.py
"""

from __future__ import annotations

import torch

import clear_native as cn


def main() -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(1)  # of the CPU: with more, a busy core makes all the others wait
    size = 2048 if device == "cuda" else 192
    one, other = torch.randn(size, size, device=device), torch.randn(size, size, device=device)

    def in_one(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return torch.addmm(b, a, b)

    def in_two(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a @ b + b

    result = cn.bench({"addmm": in_one, "matmul, add": in_two}, one, other, max_time=15)
    print(result)
    result.save("any-code.json")  # with all raw windows; cn.BenchResult.load reads it

    monitor = cn.EnergyMonitor()

    @monitor
    def step() -> None:
        for _ in range(100):
            in_one(one, other)

    monitor.begin_window("all steps")
    for _ in range(3):
        step()
    everything = monitor.end_window("all steps")
    print(f"\n{everything}")
    for measurement in step.measurements:  # type: ignore[attr-defined]
        print(f"  {measurement}")  # one that was too short for the sensor says so

    with cn.EnergyMonitor() as m:
        while sum(measurement.time for measurement in step.measurements) < 2:  # type: ignore[attr-defined]
            step()
    print(f"until two seconds were full: {m.energy_j} ± {m.uncertainty_j} J in {m.time_s:.2f} s ({m.status})")


if __name__ == "__main__":
    main()
