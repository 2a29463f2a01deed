"""Did a change of the model cost energy? Two versions are profiled, saved, and compared by their intervals.

python examples/compare_a_change.py
"""

from __future__ import annotations

import torch
from torch import nn

import clear_native as cn


class Block(nn.Module):
    def __init__(self, width: int, expansion: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(
            nn.Linear(width, expansion * width), nn.GELU(), nn.Linear(expansion * width, width)
        )

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden + self.feed_forward(self.norm(hidden))


def profiled(expansion: int, device: str) -> cn.Report:
    width = 1024 if device == "cuda" else 128
    model = nn.Sequential(*[Block(width, expansion) for _ in range(4)]).to(device).eval()
    return cn.profile(
        model,
        torch.randn(1, 64, width, device=device),
        components={"norm": "*.norm", "mlp": "*.feed_forward"},
        method="partition",  # the quickest
        max_time=30 if device == "cuda" else 8,
        synthetic_weights=True,
        name=f"four blocks, expansion {expansion}",
    )


def main() -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(1)  # of the CPU: with more, a busy core makes all the others wait
    torch.manual_seed(0)
    profiled(4, device).save("before.json")
    profiled(6, device).save("after.json")
    found = cn.compare("before.json", "after.json")  # or: clear-native compare before.json after.json
    print(found)
    print(f"\nthe model is {found.verdict}")
    if found["mlp"].change is not None:
        print(f"its MLPs take {100 * found['mlp'].change:+.1f} %: {found['mlp'].verdict}")
    print("a gate of 2 % fails" if found.regression(0.02) else "a gate of 2 % passes")


if __name__ == "__main__":
    main()
