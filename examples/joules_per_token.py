"""What a token costs at several batch sizes, as table, page, flame graph and, with numbers of your own, in CO2.

python examples/joules_per_token.py     (needs transformers: pip install 'clear_native[models]')
"""

from __future__ import annotations

import torch

import clear_native as cn
from clear_native import models


def main() -> None:
    gpu = torch.cuda.is_available()
    torch.set_num_threads(1)  # of the CPU: with more, a busy core makes all the others wait
    for batch in (1, 4, 16) if gpu else (1, 4):
        model, inputs, info = models.load("llama-3.2-1b" if gpu else "llama-tiny", batch=batch, length=64)
        report = cn.profile(
            model,
            inputs,
            method="partition",  # the quickest
            precision=0.02,
            max_time=30 if gpu else 8,
            synthetic_weights=info.synthetic_weights,
            name=f"{info.name}, batch {batch}",
        )
        if report.tokens_per_joule is None or report.joules_per_request is None:
            print(f"{report.model}: no energy, {', '.join(report.all_statuses)}")
            continue
        estimated = " (ESTIMATED)" if report.meter.estimated else ""
        print(
            f"{report.model}: {report.tokens_per_joule:,.0f} tokens per joule, "
            f"{1e3 * report.joules_per_request:.3f} mJ a sequence{estimated}"
        )
    print(report)
    report.to_html("tokens.html", grid_intensity_g_per_kwh=380, source="an example, not a fact")
    report.to_speedscope("tokens.speedscope.json")  # open it at speedscope.app


if __name__ == "__main__":
    main()
