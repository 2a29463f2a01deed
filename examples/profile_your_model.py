"""Profiles a model of one's own, with components by name, and reads the report.

python examples/profile_your_model.py
"""

from __future__ import annotations

import torch
from torch import nn

import clear_native as cn


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.mixer = nn.MultiheadAttention(width, 8, batch_first=True)
        self.feed_forward = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        normed = self.norm(hidden)
        hidden = hidden + self.mixer(normed, normed, normed, need_weights=False)[0]
        return hidden + self.feed_forward(hidden)


def main() -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(1)  # of the CPU: with more, a busy core makes all the others wait
    torch.manual_seed(0)
    width = 512 if device == "cuda" else 128
    model = nn.Sequential(*[Block(width) for _ in range(4)]).to(device).eval()
    report = cn.profile(
        model,
        torch.randn(1, 128, width, device=device),
        components={"attention": "*.mixer", "mlp": "*.feed_forward", "norm": "*.norm"},
        max_time=60 if device == "cuda" else 20,
        synthetic_weights=True,
        name="four blocks",
    )
    print(report)
    attention = report["attention"]
    if attention.energy_j is not None:
        print(f"\nattention: {attention.energy_j * 1e3:.3f} mJ a pass")
    for layer in attention.details:
        print(f"  layer {layer['layer']}: {layer['energy_j'] * 1e3:.3f} mJ")
    if report.closure is not None:
        print(f"the components sum to {100 * report.closure.ratio:.1f} % of the model; what no interval holds:")
    for doubt in report.uncertainty:
        if not doubt.in_interval:
            size = "unknown" if doubt.relative is None else f"{100 * doubt.relative:+.2f} %"
            print(f"  {doubt.source}: {size} ({doubt.note})")
    report.save("four-blocks.json")


if __name__ == "__main__":
    main()
