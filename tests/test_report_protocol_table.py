"""The table of the protocol's results: numbers, labels that cannot be overlooked, diagnoses with what to do."""

from __future__ import annotations

from protocol_fixtures import ESTIMATE, good, interrupted, part, result


def test_numbers_and_conditions() -> None:
    text = str(good())
    assert "NVIDIA H200 · nvml counter · input_ids 1x128 · float16" in text
    assert "CLEAR's published protocol · 2 trials of 10000 calls, 1000 of the model · synchronized · 61.5 s" in text
    assert "capture energy 100.3 %" in text
    attention = next(line for line in text.splitlines() if line.startswith("attention"))
    assert attention.split()[1:] == [
        "121",
        "mJ",
        "1.20",
        "mJ",
        "1.0",
        "%",
        "12",
        "10.1",
        "mJ",
        "2.40",
        "ms",
        "50.5",
        "W",
        "2",
    ]
    assert "?" not in text


def test_labels() -> None:
    text = str(good(meter=ESTIMATE, synthetic_weights=True))
    assert "random weights" in text and "ESTIMATED energies (time × 20.0 W, no sensor)" in text
    assert "ESTIMATED energy" in text
    unsynchronized = {**good().options, "synchronize": False}
    assert "not synchronized, as first released" in " ".join(str(good(options=unsynchronized)).split())


def test_what_ended_early() -> None:
    text = str(interrupted())
    assert "not_measured: the measurement ended before its first" in text and "! something" in text
    assert next(line for line in text.splitlines() if line.startswith("lm_head")).count("–") >= 4


def test_diagnoses_say_what_to_do() -> None:
    parts = [part(name, 10.0, 20.0, repetitions=1000) for name in ("attention", "mlp")]
    text = " ".join(str(result(*parts)).split())
    assert text.count("? spread_above_9.5_percent") == 1  # the same advice once
    assert "attention: 33.3 % between 2 trials" in text and "mlp: 33.3 %" in text
    assert "try repetitions=25000" in text
    assert "? capture_below_90_percent" in text


def test_it_fits_a_terminal() -> None:
    assert all(len(line) <= 100 for line in str(result(*[part("attention", 10.0, 20.0)])).splitlines())
