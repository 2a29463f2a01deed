"""Profiles a model of one's own, with components by name.

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
    torch.manual_seed(0)
    model = nn.Sequential(*[Block(512) for _ in range(4)]).to(device).eval()
    report = cn.profile(
        model,
        torch.randn(1, 128, 512, device=device),
        components={"attention": "*.mixer", "mlp": "*.feed_forward", "norm": "*.norm"},
        max_time=20,
        synthetic_weights=True,
        name="four blocks",
    )
    print(report)
    attention = report["attention"]
    if attention.energy_j is not None:
        print(f"\nattention: {attention.energy_j * 1e3:.3f} mJ a pass")
    report.save("four-blocks.json")


if __name__ == "__main__":
    main()
