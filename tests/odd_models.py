"""Architectures whose names and classes say nothing of what they are."""

# mypy: disable-error-code="no-any-return"
from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

WORDS, SIZE, WIDE, LAYERS = 50, 16, 48, 2


class Zug(nn.Module):
    """RMS norm."""

    def __init__(self) -> None:
        super().__init__()
        self.g = nn.Parameter(torch.ones(SIZE))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.g


class Kern(nn.Module):
    """Scores and their use, without parameters."""

    def forward(self, a: torch.Tensor, b: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        return torch.softmax(a @ b.transpose(-1, -2), -1) @ c


class Blick(nn.Module):
    """Attention: three projections, a bare core, a projection out."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c, self.d = (nn.Linear(SIZE, SIZE) for _ in range(4))
        self.kern = Kern()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a, b, c = (part(x).unflatten(-1, (4, -1)).transpose(1, 2) for part in (self.a, self.b, self.c))
        return self.d(self.kern(a, b, c).transpose(1, 2).flatten(2))


class Fused(nn.Module):
    """Attention with one projection in and the fused operator."""

    def __init__(self) -> None:
        super().__init__()
        self.w, self.o = nn.Linear(SIZE, 3 * SIZE), nn.Linear(SIZE, SIZE)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = (part.unflatten(-1, (4, -1)).transpose(1, 2) for part in self.w(x).chunk(3, -1))
        mixed = nn.functional.scaled_dot_product_attention(*parts, is_causal=True)
        return self.o(mixed.transpose(1, 2).flatten(2))


class Breit(nn.Module):
    """MLP."""

    def __init__(self) -> None:
        super().__init__()
        self.p, self.q = nn.Linear(SIZE, WIDE), nn.Linear(WIDE, SIZE)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.q(nn.functional.gelu(self.p(x)))


class Weiche(nn.Module):
    """Picks experts."""

    def __init__(self, experts: int) -> None:
        super().__init__()
        self.s = nn.Linear(SIZE, experts)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        best, which = self.s(x).softmax(-1).topk(2, -1)
        return best, which


class Viele(nn.Module):
    """Mixture of experts, all of which run on all tokens."""

    def __init__(self, experts: int = 3) -> None:
        super().__init__()
        self.w = Weiche(experts)
        self.m = nn.ModuleList(Breit() for _ in range(experts))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        best, which = self.w(x)
        weights = torch.zeros(*x.shape[:-1], len(self.m)).scatter(-1, which, best)
        return sum(weights[..., n, None] * part(x) for n, part in enumerate(self.m))  # type: ignore[return-value]


class Fluss(nn.Module):
    """A recurrence behind a short convolution."""

    def __init__(self) -> None:
        super().__init__()
        self.i, self.o = nn.Linear(SIZE, SIZE), nn.Linear(SIZE, SIZE)
        self.k = nn.Conv1d(SIZE, SIZE, 3, padding=2, groups=SIZE)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.k(self.i(x).transpose(1, 2))[..., : x.shape[1]].transpose(1, 2)
        return self.o(torch.cumsum(torch.sigmoid(y), 1))


class Stufe(nn.Module):
    """One layer of the parts that are given, each behind a norm."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.n = nn.ModuleList(Zug() for _ in parts)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for norm, part in zip(self.n, self.parts, strict=True):
            x = x + part(norm(x))
        return x


class Named(nn.Module):
    """The same with an attribute for each part, and bare linear layers in the block."""

    def __init__(self) -> None:
        super().__init__()
        self.u, self.v = Zug(), Zug()
        self.x = Fused()
        self.r, self.s = nn.Linear(SIZE, WIDE), nn.Linear(WIDE, SIZE)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.x(self.u(x))
        return x + self.s(torch.relu(self.r(self.v(x))))


class Alles(nn.Module):
    """A layer with everything in it: projections, a bare core and the MLP's linear layers."""

    def __init__(self) -> None:
        super().__init__()
        self.e, self.f = nn.Linear(WIDE, SIZE), nn.Linear(SIZE, WIDE)
        self.a, self.b, self.c, self.d = (nn.Linear(SIZE, SIZE) for _ in range(4))
        self.kern, self.n = Kern(), Zug()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        a, b, c = (part(x).unflatten(-1, (4, -1)).transpose(1, 2) for part in (self.a, self.b, self.c))
        x = x + self.d(self.kern(a, b, c).transpose(1, 2).flatten(2))
        return x + self.e(torch.relu(self.f(self.n(x))))


class Haus(nn.Module):
    """A language model of the layers given."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.t = nn.Embedding(WORDS, SIZE)
        self.h = nn.ModuleList(layers)
        self.z = Zug()
        self.y = nn.Linear(SIZE, WORDS)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        x = self.t(ids)
        for layer in self.h:
            x = layer(x)
        return self.y(self.z(x))


class Bild(nn.Module):
    """An image classifier whose two layers are attributes, and whose labels are not words."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, SIZE, 4, 4)
        self.k1, self.k2 = Stufe(Fused(), Breit()), Stufe(Fused(), Breit())
        self.z, self.y = Zug(), nn.Linear(SIZE, 7)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.first(image).flatten(2).transpose(1, 2)
        return self.y(self.z(self.k2(self.k1(x))).mean(1))


def _ids() -> torch.Tensor:
    return torch.randint(0, WORDS, (2, 6), generator=torch.Generator().manual_seed(0))


def _model(*layers: nn.Module) -> tuple[nn.Module, torch.Tensor]:
    return Haus(*layers).eval(), _ids()


MODELS: dict[str, Callable[[], tuple[nn.Module, torch.Tensor]]] = {
    "bare_core": lambda: _model(*(Stufe(Blick(), Breit()) for _ in range(LAYERS))),
    "fused": lambda: _model(*(Stufe(Fused(), Breit()) for _ in range(LAYERS))),
    "bare_linears": lambda: _model(*(Named() for _ in range(LAYERS))),
    "all_in_the_layer": lambda: _model(*(Alles() for _ in range(LAYERS))),
    "mixture": lambda: _model(*(Stufe(Fused(), Viele()) for _ in range(LAYERS))),
    "recurrent": lambda: _model(*(Stufe(Fluss(), Breit()) for _ in range(LAYERS))),
    "image": lambda: (Bild().eval(), torch.randn(2, 3, 16, 16)),
}
