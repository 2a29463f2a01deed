"""Which component a module is, by its class name, its own name and its place in the tree.

The first rule that holds for a module names it. Only the components in `NESTING` begin inside another one: a norm
inside an attention block is `norm`, a linear layer inside it stays `attention`. Where an encoder and a decoder stand
side by side, components of each have its name in front: `decoder.attention`.

`GROUPINGS` has other ways to cut a model by name: "clear" is that of the CLEAR paper's published code, "deep" has the
projections apart from the core of attention.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import nn

NESTING = frozenset({"norm", "rotary", "position_bias", "router", "experts", "shared_experts"})


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


def _holds_experts(place: Place) -> bool:
    """The block around router and experts: what it does itself, it does for the experts."""
    return "experts" in dict(place.module.named_children())


def _is_bert_output(place: Place) -> bool:
    return place.own_name == "output" and place.has_sibling("intermediate")


_BARE_MLP = {"linear1": "linear2", "linear2": "linear1", "fc1": "fc2", "fc2": "fc1", "ffn": "ffn_output",
             "ffn_output": "ffn"}  # fmt: skip
_ACTIVATIONS = {"activation", "activation_fn", "act", "act_fn"}


def _is_bare_mlp(place: Place) -> bool:
    """torch.nn.TransformerEncoderLayer, OPT, BART and ALBERT keep the linear layers of the MLP in the block itself."""
    if not place.in_layers:
        return False
    if place.own_name in _ACTIVATIONS:
        return any(place.has_sibling(*pair) for pair in _BARE_MLP.items())
    return place.own_name in _BARE_MLP and place.has_sibling(_BARE_MLP[place.own_name])


def _is_head_activation(place: Place) -> bool:
    return place.own_name in _ACTIVATIONS and place.has_sibling("vocab_transform")


def _is_bias_table(place: Place) -> bool:
    return re.search(r"relative.*bias|position_bias|rel_pos_bias", place.own_name) is not None


def _is_patch_or_token_projection(place: Place) -> bool:
    return not place.in_layers and isinstance(place.module, nn.Linear) and "embed" in place.own_name


def _is_convolution(place: Place) -> bool:
    return isinstance(place.module, (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.ConvTranspose1d, nn.ConvTranspose2d))


def _projects_to_vocabulary(place: Place) -> bool:
    if place.in_layers or not isinstance(place.module, nn.Linear):
        return False
    return place.module.out_features in place.vocabulary_sizes


RULES: tuple[Rule, ...] = (
    Rule("router", _any(_class(r"Router$"), _is_router), "chooses the experts of a token"),
    Rule("shared_experts", _own_name(r"shared_experts?"), "the MLP that every token passes beside its experts"),
    Rule("experts", _any(_own_name(r"experts"), _holds_experts), "the MLPs behind a router, and what joins them"),
    Rule("norm", _class(r"(Norm|Norm\d[dD])$"), "LayerNorm, RMSNorm, GroupNorm, ... wherever they stand"),
    Rule("rotary", _class(r"Rotary"), "cosines and sines of rotary positions"),
    Rule("position_bias", _any(_class(r"RelativePositionBias$"), _is_bias_table), "a table added to the scores"),
    Rule("lm_head", _own_name(r"lm_head|embed_out|vocab_projector|vocab_transform"), "hidden states to logits"),
    Rule("lm_head", _class(r"(LMHead|MLMHead|PreTrainingHeads|PredictionHead)$"), "BERT's cls with its transform"),
    Rule("lm_head", _projects_to_vocabulary, "a linear layer outside the layers, as wide as an embedding is long"),
    Rule("lm_head", _is_head_activation, "DistilBERT's, between the two linear layers of its head"),
    Rule("pooler", _any(_class(r"Pooler$"), _own_name(r"pooler")), "one vector per sequence"),
    Rule("head", _own_name(r"classifier|score|qa_outputs|classification_head"), "hidden states to labels"),
    Rule("cross_attention", _class(r"Cross\w*(Attention|Attn)$"), "queries of one sequence, keys of another"),
    Rule("cross_attention", _own_name(r"cross_?attn|cross_?attention|encoder_attn|enc_?dec_?attention"), "usual names"),
    Rule("attention", _class(r"(Attention|Attn)$"), "a block or module named so, with its projections"),
    Rule("attention", _own_name(r"attn|self_attn|attention|self_attention"), "usual names"),
    Rule("mixer", _class(r"(Mamba\d?|SSM)Mixer$"), "state-space block in the place of attention"),
    Rule("mlp", _class(r"(MLP|Mlp|FeedForward|FFN|LayerFF|Moe|MoE|MoeBlock|MoEBlock|Intermediate)$"), "usual classes"),
    Rule("mlp", _own_name(r"mlp|ffn|feed_forward|feedforward|block_sparse_moe"), "usual names"),
    Rule("mlp", _any(_is_bert_output, _is_bare_mlp), "the second half of BERT's MLP; bare linear layers"),
    Rule("embedding", _class(r"Embed(ding)?s?$"), "tokens, positions, segments, patches"),
    Rule("embedding", _own_name(r"embed(ding)?s?|wte|wpe|embed_tokens|tok_embeddings|patch_embed"), "usual names"),
    Rule("embedding", _is_patch_or_token_projection, "a linear layer on embeddings, before the layers"),
    Rule("convolution", _is_convolution, "one that stands in no other component"),
)


def component_by_rule(place: Place) -> str | None:
    """The component of the first rule that holds, or None."""
    return next((rule.component for rule in RULES if rule.holds(place)), None)


def stack_of(name: str) -> str | None:
    """Whether a module of this own name is the encoder or the decoder, if it holds layers."""
    found = re.fullmatch(r"(?:\w+_)?(encoder|decoder)(?:_model)?", name)
    return found.group(1) if found else None


@dataclass(frozen=True)
class Grouping:
    """A way to cut a model: the component of a module, and which components begin inside another one too.

    `inside` gives the component of a module inside a component that is taken apart, or of one that begins there;
    `left` names what is then left of that component. `stacks`: encoder and decoder apart. `operators`: what names leave
    over is told by the operators that run.
    """

    component_of: Callable[[Place], str | None]
    nesting: frozenset[str]
    stacks: bool = False
    operators: bool = False
    inside: Callable[[Place, str], str | None] = lambda place, component: None
    left: Mapping[str, str] = field(default_factory=dict)


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
    renamed = {"embedding": "embeddings", "rotary": None, "experts": "mlp", "cross_attention": "attention"}
    return renamed.get(found, found) if found is not None else None


_LEFT = {"attention": "core", "cross_attention": "core", "mixer": "core", "mlp": "rest", "shared_experts": "rest"}
"""Of what is taken apart, what its own modules do besides the projections: the core are scores and their use."""
_SAYS_LITTLE = {"dense", "linear", "proj", "lin", "out", "0", "1", "2"}


def is_projection(module: nn.Module) -> bool:
    """A leaf that multiplies by a matrix of its own: nn.Linear, GPT-2's Conv1D, a convolution."""
    weight = getattr(module, "weight", None)
    leaf = next(module.children(), None) is None
    return leaf and isinstance(weight, nn.Parameter) and weight.dim() >= 2 and not isinstance(module, nn.Embedding)


def _projection_inside(place: Place, component: str) -> str | None:
    """`attention.q_proj`; where the own name says little, with the name of what holds it: `attention.output_dense`."""
    if component not in _LEFT or not is_projection(place.module):
        return None
    held_by = place.name.split(".")[-2:-1]
    named = [*held_by, place.own_name] if place.own_name in _SAYS_LITTLE else [place.own_name]
    return f"{component}.{'_'.join(named)}"


DEFAULT_GROUPING = Grouping(component_by_rule, NESTING, stacks=True, operators=True)
GROUPINGS: dict[str, Grouping] = {
    "clear": Grouping(_clear_component, frozenset()),
    "deep": Grouping(component_by_rule, NESTING, stacks=True, operators=True, inside=_projection_inside, left=_LEFT),
}
