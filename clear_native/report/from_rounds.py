"""Makes a report from what the native engine measured.

The engine's result comes as a plain dict with the field names of `csrc/core/rounds.hpp`, `estimate.hpp` and
`window.hpp`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from clear_native.report.closure import Closure
from clear_native.report.closure_reasons import closure_warnings
from clear_native.report.record import ComponentResult, Failure, KernelComparison, Meter, ModelResult, Report
from clear_native.report.roofline import DeviceLimits
from clear_native.report.side_meters import side_meters
from clear_native.report.weighing import layer_rows, weighing_from

__all__ = ["CostLike", "report_from_rounds"]


class CostLike(Protocol):
    """FLOPs and bytes of one pass."""

    @property
    def flops(self) -> int: ...
    @property
    def flops_dense(self) -> int: ...
    @property
    def bytes(self) -> int: ...


def report_from_rounds(
    result: Mapping[str, Any],
    *,
    roles: Mapping[str, str],
    model: str,
    method: str,
    execution: str,
    meter: Mapping[str, Any],
    costs: Mapping[str, CostLike] | None = None,
    calls: Mapping[str, int] | None = None,
    synthetic_weights: bool | None = None,
    workload: Mapping[str, Any] | None = None,
    environment: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    kernels: KernelComparison | None = None,
    statuses: Sequence[str] = (),
    warnings: Sequence[str] = (),
    made_at: str | None = None,
    dosing: Mapping[str, Any] | None = None,
    modules: Mapping[str, Sequence[str]] | None = None,
    sides: Sequence[Mapping[str, Any]] = (),
    limits: Mapping[str, Any] | None = None,
) -> Report:
    """`result` is the engine's RoundsResult as a dict; `roles` maps targets to plain, preserved, doubled, component
    or idle, and a target that it does not name is a component; `costs` and `calls` are by component. `dosing`: facts
    about the doses for the record of a weighing. `modules`: by component, the module of each call. `sides`: traits of
    the meters that were read beside the driving one. `limits`: of the device, for the roofline.

    A component whose status is `below_resolution` keeps its status and its raw windows, and has no energy.
    """
    targets = {target["name"]: target for target in result["targets"]}
    roles = {**dict.fromkeys(targets, "component"), **roles}
    by_role = {role: [name for name in targets if roles[name] == role] for role in set(roles.values())}
    costs, calls = costs or {}, calls or {}
    details = layer_rows(result.get("weighing"), modules)
    total = _sum_of_costs(costs)
    plain = _model_result(_first(targets, by_role, "plain"), total)
    kept_target = _first(targets, by_role, "preserved")
    preserved = _model_result(kept_target, total) if kept_target is not None else None
    whole = preserved or plain
    components = {
        name: _component(targets[name], whole, costs.get(name), calls.get(name), details.get(name, ()))
        for name in by_role.get("component", [])
    }
    idle = _first(targets, by_role, "idle")
    idle_power = idle.get("energy_per_pass_j") if idle is not None else None  # a pass of the idle target is one second
    traits = Meter(**meter)
    side_traits = [Meter(**side) for side in sides]
    driven = {**components, "model": plain, **({"preserved": preserved} if preserved else {})}
    energy_closure = Closure.of(result.get("energy_closure"))
    return Report(
        model=model,
        method=method,
        execution=execution,
        meter=traits,
        components=components,
        full_model=plain,
        preserved=preserved,
        energy_closure=energy_closure,
        time_closure=Closure.of(result.get("time_closure")),
        perturbation=Closure.of(result.get("perturbation")),
        idle_power_w=idle_power["mean"] if idle_power else None,
        idle_power_half_width_w=idle_power.get("half_width") if idle_power else None,
        synthetic_weights=synthetic_weights,
        workload=_known(workload),
        environment=_known(environment),
        options=_known(options),
        seed=result["seed"],
        rounds=result["rounds"],
        planned_rounds=result.get("planned_rounds") or None,  # 0: the pilot did not finish
        begun_s=result.get("begun_s"),
        elapsed_s=result["elapsed_s"],
        stop_reason=result["stop_reason"],
        drift_per_hour=result.get("drift_per_hour"),
        carry_over_per_w=result.get("carry_over_per_w"),
        temperature_per_k=result.get("temperature_per_k"),
        sensors=_sensors(result.get("sensors")),
        weighing=weighing_from(result.get("weighing"), dosing or {}),
        other_processes_peak=result["other_processes_peak"],
        kernels=kernels,
        failure=_failure(result),
        statuses=_statuses(result, kernels, statuses, roles),
        warnings=(
            *warnings,
            *_warnings(result, traits, kernels, energy_closure, roles),
            *(side.note for side in side_traits if side.note is not None),
        ),
        windows=tuple(result["windows"]),
        sides=side_meters(side_traits, result.get("sides", ()), roles, driven),
        limits=DeviceLimits(**limits) if limits is not None else None,
        made_at=made_at if made_at is not None else (environment or {}).get("made_at"),
    )


def _known(facts: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (facts or {}).items() if value is not None}


def _first(targets: Mapping[str, Any], by_role: Mapping[str, list[str]], role: str) -> Mapping[str, Any] | None:
    names = by_role.get(role, [])
    return targets[names[0]] if names else None


_POSITIVE = ("time_s", "power_w")  # a marginal one of a small component can come out below 0: noise, and no number


def _numbers(target: Mapping[str, Any] | None) -> dict[str, Any]:
    """Fields of a ModelResult from a TargetEstimate. A meaningless number is not kept."""
    if target is None:
        return {}
    fields = {
        "energy": ("energy_per_pass_j", "energy_j", "energy_half_width_j"),
        "above": ("energy_above_idle_j", "energy_above_idle_j", "energy_above_idle_half_width_j"),
        "time": ("time_per_pass_s", "time_s", "time_half_width_s"),
        "power": ("power_w", "power_w", "power_half_width_w"),
    }
    statuses = tuple(status for status in target["statuses"] if status != "ok")
    if "below_resolution" in statuses:
        fields = {"time": fields["time"]}
    found: dict[str, Any] = {"statuses": statuses, "precision_reached": target["precision_reached"], "rounds": 0}
    for source, mean, half_width in fields.values():
        interval = target.get(source)
        if interval is None or (mean in _POSITIVE and interval["mean"] <= 0):
            continue
        found[mean], found[half_width] = interval["mean"], interval.get("half_width")
        found["rounds"] = max(found["rounds"], interval["rounds"])
    found["counter_over_samples"] = target.get("counter_over_samples")
    found["required_half_width_j"] = target.get("required_half_width_j")
    return found


def _model_result(target: Mapping[str, Any] | None, cost: Mapping[str, Any] | None) -> ModelResult:
    return ModelResult(**_numbers(target), **(cost or {}))


def _component(
    target: Mapping[str, Any],
    whole: ModelResult,
    cost: CostLike | None,
    calls: int | None,
    details: Sequence[Mapping[str, Any]],
) -> ComponentResult:
    numbers = _numbers(target)
    energy = numbers.get("energy_j")
    share = energy / whole.energy_j if energy is not None and whole.energy_j else None
    return ComponentResult(
        name=target["name"], share=share, calls=calls, details=tuple(details), **numbers, **(_cost(cost) or {})
    )


def _cost(cost: CostLike | None) -> dict[str, Any] | None:
    return None if cost is None else {"flops": cost.flops, "flops_dense": cost.flops_dense, "bytes": cost.bytes}


def _sum_of_costs(costs: Mapping[str, CostLike]) -> dict[str, Any] | None:
    parts = [found for found in map(_cost, costs.values()) if found is not None]
    return {key: sum(part[key] for part in parts) for key in parts[0]} if parts else None


def _sensors(interval: Mapping[str, Any] | None) -> Closure | None:
    return None if interval is None else Closure(interval["mean"], interval.get("half_width"))


def _failure(result: Mapping[str, Any]) -> Failure | None:
    kind = result.get("failure_kind")
    return None if kind is None else Failure(kind, result["failure_message"])


_STOPPED_AT = {
    "max_time": "time budget",
    "max_rounds": "largest number of rounds",
    "precision_planned": "number of rounds that the pilot called for",
}


def _missed(result: Mapping[str, Any], roles: Mapping[str, str]) -> list[str]:
    """Names of what did not reach the precision asked for. Nobody asks for a precision of idling or of the doubled."""
    asked = ("plain", "preserved", "component")
    return [t["name"] for t in result["targets"] if not t["precision_reached"] and roles[t["name"]] in asked]


def _statuses(
    result: Mapping[str, Any], kernels: KernelComparison | None, given: Sequence[str], roles: Mapping[str, str]
) -> tuple[str, ...]:
    found = [*given, *result["statuses"]]
    if result["stop_reason"] in ("interrupted", "failed"):
        found.append(result["stop_reason"])
    elif _missed(result, roles):
        found.append("precision_not_reached")
    if result["other_processes_peak"]:
        found.append("contended")
    if kernels is not None and kernels.difference():
        found.append("kernels_differ")
    return tuple(dict.fromkeys(found))


def _warnings(
    result: Mapping[str, Any],
    meter: Meter,
    kernels: KernelComparison | None,
    closure: Closure | None,
    roles: Mapping[str, str],
) -> list[str]:
    found = []
    if meter.estimated:
        power = f"a stated {meter.stated_power_w:g} W" if meter.stated_power_w is not None else "a stated power"
        found.append(f"Energies are ESTIMATED: time multiplied by {power}. No energy sensor was read.")
    if meter.note is not None:
        found.append(meter.note)
    missed = _missed(result, roles)
    if missed and result["stop_reason"] in _STOPPED_AT:
        where = _STOPPED_AT[result["stop_reason"]]
        found.append(f"Stopped at the {where} before the precision asked for was reached: {', '.join(missed)}.")
    if result["stop_reason"] == "interrupted":
        found.append(f"Interrupted after {result['rounds']} complete rounds; what was finished is kept.")
    if result.get("failure_kind") is not None:
        found.append(f"Ended early: {result['failure_message']}")
    if kernels is not None and kernels.difference():
        found.append(_kernels_in_words(kernels))
    return found + closure_warnings(closure, result["windows"], roles, result["other_processes_peak"] or 0)


def _kernels_in_words(kernels: KernelComparison) -> str:
    difference = kernels.difference()
    examples = [
        f"{name[:60]} ({eager} times eager, {captured} captured)" for name, (eager, captured) in difference.items()
    ]
    more = f" and {len(examples) - 2} more" if len(examples) > 2 else ""
    return f"Captured and eager execution launch different kernels: {', '.join(examples[:2])}{more}."
