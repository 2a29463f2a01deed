"""Which component a module is, by its class name, its own name and its place in the tree.

Written for the module trees of BERT, GPT-2, Llama and Qwen, and general enough for their many relatives. The first rule
that holds for a module names it. Only the components in `NESTING` begin inside another one: a norm inside an attention
block is `norm`, a linear layer inside it stays `attention`.

`GROUPINGS` has other ways to cut a model by name: "clear" is that of the CLEAR paper's published code.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

NESTING = frozenset({"norm", "rotary", "router", "experts"})


@dataclass(frozen=True)
class Place:
    """One module where it stands: its full name, its own (last) name, its parent, and whether a layer list holds it."""

    name: str
    module: nn.Module
    parent: nn.Module | None
    in_layers: bool
    vocabulary_sizes: frozenset[int]

    @property
    def own_name(self) -> str:
        return self.name.rpartition(".")[2]

    @property
    def class_name(self) -> str:
        return type(self.module).__name__

    def has_sibling(self, *names: str) -> bool:
        children = dict(self.parent.named_children()) if self.parent is not None else {}
        return all(name in children for name in names)


@dataclass(frozen=True)
class Rule:
    component: str
    holds: Callable[[Place], bool]
    why: str


def _class(pattern: str) -> Callable[[Place], bool]:
    compiled = re.compile(pattern)
    return lambda place: compiled.search(place.class_name) is not None


def _own_name(pattern: str) -> Callable[[Place], bool]:
    compiled = re.compile(pattern)
    return lambda place: compiled.fullmatch(place.own_name) is not None


def _any(*conditions: Callable[[Place], bool]) -> Callable[[Place], bool]:
    return lambda place: any(condition(place) for condition in conditions)


def _is_router(place: Place) -> bool:
    return place.own_name in {"router", "gate", "shared_expert_gate"} and place.has_sibling("experts")


def _is_bert_output(place: Place) -> bool:
    return place.own_name == "output" and place.has_sibling("intermediate")


def _is_bare_mlp_linear(place: Place) -> bool:
    """torch.nn.TransformerEncoderLayer and OPT keep the two linear layers of the MLP in the block itself."""
    pairs = {"linear1": "linear2", "linear2": "linear1", "fc1": "fc2", "fc2": "fc1"}
    return place.in_layers and place.own_name in pairs and place.has_sibling(pairs[place.own_name])


def _projects_to_vocabulary(place: Place) -> bool:
    if place.in_layers or not isinstance(place.module, nn.Linear):
        return False
    return place.module.out_features in place.vocabulary_sizes


RULES: tuple[Rule, ...] = (
    Rule("router", _any(_class(r"Router$"), _is_router), "chooses the experts of a token"),
    Rule("experts", _own_name(r"experts"), "the MLPs behind a router"),
    Rule("norm", _class(r"(Norm|Norm\d[dD])$"), "LayerNorm, RMSNorm, GroupNorm, ... wherever they stand"),
    Rule("rotary", _class(r"Rotary"), "cosines and sines of rotary positions"),
    Rule("lm_head", _own_name(r"lm_head|embed_out|vocab_projector|vocab_transform"), "hidden states to logits"),
    Rule("lm_head", _class(r"(LMHead|MLMHead|PreTrainingHeads|LMPredictionHead)$"), "BERT's cls with its transform"),
    Rule("lm_head", _projects_to_vocabulary, "a linear layer outside the layers, as wide as an embedding is long"),
    Rule("pooler", _any(_class(r"Pooler$"), _own_name(r"pooler")), "one vector per sequence"),
    Rule("head", _own_name(r"classifier|score|qa_outputs|classification_head"), "hidden states to labels"),
    Rule("attention", _class(r"(Attention|Attn)$"), "a block or module named so, with its projections"),
    Rule("attention", _own_name(r"attn|self_attn|attention|self_attention|cross_attn|encoder_attn"), "usual names"),
    Rule("mixer", _class(r"(Mamba\d?|SSM)Mixer$"), "state-space block in the place of attention"),
    Rule("mlp", _class(r"(MLP|Mlp|FeedForward|FFN|LayerFF|Moe|MoE|MoeBlock|MoEBlock|Intermediate)$"), "usual classes"),
    Rule("mlp", _own_name(r"mlp|ffn|feed_forward|feedforward|block_sparse_moe"), "usual names"),
    Rule("mlp", _any(_is_bert_output, _is_bare_mlp_linear), "the second half of BERT's MLP; bare linear layers"),
    Rule("embedding", _class(r"Embed(ding)?s?$"), "tokens, positions, segments, patches"),
    Rule("embedding", _own_name(r"embed(ding)?s?|wte|wpe|embed_tokens|tok_embeddings|patch_embed"), "usual names"),
)


def component_by_rule(place: Place) -> str | None:
    """The component of the first rule that holds, or None."""
    return next((rule.component for rule in RULES if rule.holds(place)), None)


@dataclass(frozen=True)
class Grouping:
    """A way to cut a model: the component of a module, and which components begin inside another one too."""

    component_of: Callable[[Place], str | None]
    nesting: frozenset[str]


def _is_bert_intermediate(place: Place) -> bool:
    return place.own_name == "intermediate" and place.has_sibling("output")


def _clear_component(place: Place) -> str | None:
    """Whole blocks, as the published code of CLEAR calls them (arXiv 2510.02810; repository divyanash911/CLEAR).

    BERT's attention is with its output projection, residual and norm, its MLP two blocks, `intermediate` and `output`
    (with residual and norm); embeddings and LM head are with their norms. Decoders have `mlp` and, where they stand
    between blocks, `norm`. Rotary embeddings outside attention are in no component.
    """
    if _is_bert_intermediate(place):
        return "intermediate"
    if _is_bert_output(place):
        return "output"
    found = component_by_rule(place)
    return {"embedding": "embeddings", "rotary": None}.get(found, found) if found is not None else None


DEFAULT_GROUPING = Grouping(component_by_rule, NESTING)
GROUPINGS: dict[str, Grouping] = {"clear": Grouping(_clear_component, frozenset())}
