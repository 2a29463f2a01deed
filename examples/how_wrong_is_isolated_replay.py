"""How wrong is isolated replay? One model by all three methods, and how far each is from in situ.

Replayed alone, a component finds its weights in the cache, queues behind its own kind and may run at another clock
than inside the model. `method="all"` measures it inside the model, then by replaying its part of the graph alone, then
by replaying its modules on stored inputs as the CLEAR paper does.

python examples/how_wrong_is_isolated_replay.py
"""

from __future__ import annotations

import torch
from torch import nn

import clear_native as cn


class Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.feed_forward = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        return hidden + self.feed_forward(self.norm(hidden))


def main() -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_num_threads(1)  # of the CPU: with more, a busy core makes all the others wait
    torch.manual_seed(0)
    width = 1024 if device == "cuda" else 128
    model = nn.Sequential(*[Block(width) for _ in range(6)]).to(device).eval()
    comparison = cn.profile(
        model,
        torch.randn(1, 64, width, device=device),
        components={"norm": "*.norm", "mlp": "*.feed_forward"},
        method="all",
        max_time=90 if device == "cuda" else 36,
        synthetic_weights=True,
        name="six blocks",
    )
    print(comparison)
    for method, bias in comparison["mlp"].biases.items():
        sure = "within its interval" if bias.holds_zero else "beyond its interval, or the interval is not known"
        print(f"mlp by {method}: {bias.percent:+.1f} % against in situ, {sure}")
    for method, report in comparison.reports.items():
        if report.closure is not None:
            print(f"{method}: its components sum to {100 * report.closure.ratio:.1f} % of its model")
    comparison.save("six-blocks-by-all-methods.json")


if __name__ == "__main__":
    main()
