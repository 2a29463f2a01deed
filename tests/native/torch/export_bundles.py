"""Writes bundles of small models of several families into a folder, for the tests of the plug-in."""

import shutil
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from family_models import FAMILIES  # noqa: E402

import clear_native as cn  # noqa: E402

MIXTURES = ("olmoe",)


def main(folder: Path) -> None:
    torch.set_num_threads(1)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for family in ("bert", "gpt2", "llama", "qwen2", "t5", "albert", "olmoe"):
        model, inputs = FAMILIES[family].model(), FAMILIES[family].inputs()
        if family in MIXTURES:
            model.set_experts_implementation("batched_mm")
        cn.export(model, inputs, folder / f"{family}.clear", synthetic_weights=True, progress=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
