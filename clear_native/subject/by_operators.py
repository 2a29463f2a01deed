"""What a module is whose name and class say nothing: by the operators that one forward ran in it, and by its place.

Applied to what the rules by name left over. From the top down:

- a lookup in a table of parameters is `embedding`, a norm's operators without any product are `norm`
- a module that scores (a fused attention, or a softmax between two batched products) is `attention`, with the
  projections around a bare score core; a module that picks the highest scores (topk) is `router`, one that does so
  around products of its own is `experts`
- in layers, several products without scores are `mlp`, or `mixer` where a convolution or a recurrence is among them
- outside layers, products before the first layer are `embedding`, after the last one `head`

A layer is an entry of a module list, or one of several siblings of the same class that have children.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from torch import nn

from clear_native.models.component_rules import is_projection
from clear_native.subject.observation import Observation

__all__ = ["fill"]

_FUSED_SCORES = ("attention", "attn")
_PRODUCTS = {"mm", "addmm", "linear", "matmul", "bmm", "baddbmm", "_addmm_activation", "mv", "addmv", "_grouped_mm",
             "_scaled_grouped_mm", "_int_mm", "_scaled_mm"}  # fmt: skip
_BATCHED = {"bmm", "baddbmm", "matmul"}
_SOFTMAX = {"_softmax", "_safe_softmax", "softmax"}
_CONVOLUTIONS = {"convolution", "conv1d", "conv2d", "conv3d", "_convolution", "mkldnn_convolution"}
_RECURRENCES = {"cumsum", "cumprod", "logcumsumexp", "associative_scan", "lstm", "gru", "_fft_r2c", "_fft_c2c"}
_NORMS = {"native_layer_norm", "_fused_rms_norm", "rms_norm", "native_group_norm", "native_batch_norm", "rsqrt",
          "_native_batch_norm_legit_no_training", "cudnn_batch_norm", "layer_norm"}  # fmt: skip
_LOOKUPS = {"embedding", "_embedding_bag"}
_PROJECTIONS = 4  # queries, keys, values, output
_UNROLLED = 8  # so many element-wise exponentials or sums of one kind in one call are a recurrence written as a loop


def fill(model: nn.Module, named: Mapping[int, str], seen: Observation, nesting: frozenset[str]) -> dict[int, str]:
    """`named` with what operators tell of the rest."""
    search = _Search(model, dict(named), seen, nesting)
    search.below(model, None, False)
    search.left_in_layers()
    return search.found


class _Search:
    def __init__(self, model: nn.Module, found: dict[int, str], seen: Observation, nesting: frozenset[str]) -> None:
        self.found = found
        self._seen = seen
        self._nesting = nesting
        self._left: dict[int, tuple[nn.Module, list[nn.Module]]] = {}  # by layer: bare projections in no component
        turns = [seen.first(layer) for layer in _layers(model) if _is_core_of_the_model(layer, seen)]
        self._first_layer, self._last_layer = min(turns, default=-1), max(turns, default=-1)

    def below(self, module: nn.Module, inside: str | None, in_layers: bool, layer: nn.Module | None = None) -> None:
        siblings = Counter(type(child) for child in module.children())
        for child in module.children():
            repeated = siblings[type(child)] > 1 and next(child.children(), None) is not None
            is_layer = isinstance(module, nn.ModuleList) or repeated
            now_in, now_layer = in_layers or is_layer, child if is_layer else layer
            component = self.found.get(id(child))
            if component is None and child in self._seen:
                component = self._what(child, inside, now_in, is_layer)
                if component is not None and (inside is None or component in self._nesting):
                    self.found[id(child)] = component
                else:
                    component = None
            elif component is not None and inside is not None and component not in self._nesting:
                del self.found[id(child)]  # named before it was known what it stands in
                component = None
            if component is None and inside is None and now_layer is not None and is_projection(child):
                self._left.setdefault(id(now_layer), (now_layer, []))[1].append(child)
            self.below(child, component or inside, now_in, now_layer)

    def _what(self, module: nn.Module, inside: str | None, in_layers: bool, is_layer: bool) -> str | None:
        own, under = self._seen.own(module), self._seen.under(module)
        if _any(own, _LOOKUPS) and not _any(under, _PRODUCTS):
            return "position_bias" if inside == "attention" else "embedding"
        if _any(own, _NORMS) and not _any(under, _PRODUCTS | _CONVOLUTIONS):
            return "norm"
        if under["topk"] and _products(under) <= 1:
            return "router"
        if inside is not None:
            return None
        if own["topk"] or any(self._what_of_child(child) == "router" for child in module.children()):
            return "experts" if not _scores(under) else None
        if _scores(under):
            return "attention" if self._is_attention(module) else None
        if not in_layers:
            return self._outside_layers(module, under)
        if next(module.children(), None) is None and is_projection(module) and not is_layer:
            return None  # decided with its neighbours
        return self._in_layers(module, under, is_layer)

    def _what_of_child(self, child: nn.Module) -> str | None:
        under = self._seen.under(child)
        return self.found.get(id(child)) or ("router" if under["topk"] and _products(under) <= 1 else None)

    def _is_attention(self, module: nn.Module) -> bool:
        """Whether scores are the module's own, or those of a bare core that stands among its projections."""
        if _scores(self._seen.own(module)):
            return True
        cores = [child for child in module.children() if _scores(self._seen.under(child))]
        others = [child for child in module.children() if child not in cores]
        bare = len(cores) == 1 and next(cores[0].parameters(), None) is None
        leaves = all(next(other.children(), None) is None for other in others)
        return bare and leaves and 0 < sum(map(is_projection, others)) <= _PROJECTIONS

    def _in_layers(self, module: nn.Module, under: Counter[str], is_layer: bool) -> str | None:
        if _any(under, _CONVOLUTIONS | _RECURRENCES) or _is_unrolled(under):
            return None if is_layer and _has_parts(module) else "mixer"
        if not _products(under) or (is_layer and (_has_parts(module) or self._has_named(module))):
            return None
        return "mlp" if _products(under) > 1 or not is_projection(module) else None

    def _has_named(self, module: nn.Module) -> bool:
        return any(id(part) in self.found for part in module.modules())

    def _outside_layers(self, module: nn.Module, under: Counter[str]) -> str | None:
        if _any(self._seen.own(module), _CONVOLUTIONS):
            return "embedding" if self._seen.first(module) < self._first_layer else "convolution"
        if not _products(under) or any(_layers(module)) or self._first_layer < 0 or self._has_named(module):
            return None
        turn = self._seen.first(module)
        if turn < self._first_layer:
            return "embedding"
        return "head" if turn > self._last_layer else None

    def left_in_layers(self) -> None:
        """Bare projections of a layer, in the order of their calls: what leads to the scores and what takes them on
        are of the attention, if that has no projections of its own; one alone is its output; the rest is the MLP."""
        for layer, left in self._left.values():
            bare = [module for module in left if id(module) not in self.found and module in self._seen]
            bare.sort(key=self._seen.first)
            cores = [part for part in layer.modules() if self.found.get(id(part)) == "attention"]
            bare_cores = [core for core in cores if not any(map(is_projection, core.modules()))]
            until = 0
            if bare_cores:
                turn = max(self._seen.first(core) for core in bare_cores)
                until = sum(self._seen.first(module) < turn for module in bare) + 1
            elif cores and len(bare) == 1:
                until = 1
            for number, module in enumerate(bare):
                self.found[id(module)] = "attention" if number < until else "mlp"


def _layers(module: nn.Module) -> Iterator[nn.Module]:
    for part in module.modules():
        siblings = Counter(type(child) for child in part.children())
        for child in part.children():
            repeated = siblings[type(child)] > 1 and next(child.children(), None) is not None
            if isinstance(part, nn.ModuleList) or repeated:
                yield child


def _is_core_of_the_model(layer: nn.Module, seen: Observation) -> bool:
    return seen.first(layer) >= 0 and _products(seen.under(layer)) > 1


def _has_parts(module: nn.Module) -> bool:
    """Whether it has children that have children: blocks of its own."""
    return any(next(child.children(), None) is not None for child in module.children())


def _any(operators: Counter[str], names: set[str]) -> bool:
    return any(operators[name] for name in names)


def _products(operators: Counter[str]) -> int:
    return sum(operators[name] for name in _PRODUCTS)


def _scores(operators: Counter[str]) -> bool:
    fused = any(word in name for name in operators for word in _FUSED_SCORES)
    return fused or (_any(operators, _SOFTMAX) and sum(operators[name] for name in _BATCHED) > 1)


def _is_unrolled(operators: Counter[str]) -> bool:
    return operators["exp"] > 1 or operators["select"] > _UNROLLED
