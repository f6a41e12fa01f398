"""The registry beside the lake: what it lacks of the judged models, and how it is rebuilt from them."""

import polars as pl

from soccer_assets.models.champion.promotion_gate import champion_moves, ledger, standing
from soccer_assets.models.champion.registry import Registry
from soccer_assets.models.schema import CHAMPION, SELECTED_MODEL
from soccer_assets.storage.lake import DATE, Lake


def differences(registry: Registry, lake: Lake) -> list[str]:
    """What the registry lacks of the judged models of the lake, and where its alias is another than the ledger's.

    Raises:
        ModelError: the registry does not answer.
    """
    judged, champion = _judged(lake)
    if judged.is_empty():
        return []
    numbers, alias = registry.numbers(), registry.version_of(CHAMPION)
    differ = [f"{version} is not registered" for version in judged["version"] if version not in numbers]
    held = next((version for version, number in numbers.items() if number == alias), None)
    if held != champion:
        differ.append(f"the alias {CHAMPION} points at {held or 'no version'}, the ledger of promotions at {champion}")
    elif alias is not None and (stored := registry.artefact(alias)) != champion:
        differ.append(f"version {alias} is {champion}, its artefact is {stored or 'what cannot be read'}")
    return differ


def rebuild(registry: Registry, lake: Lake) -> list[str]:
    """Register the judged models of the lake and point the alias where the ledger does; returns what was done.

    Raises:
        ModelError: the registry does not answer.
    """
    judged, champion = _judged(lake)
    if judged.is_empty():
        return []
    numbers, alias, done = registry.numbers(), registry.version_of(CHAMPION), []
    if champion in numbers and registry.artefact(numbers[champion]) != champion:
        registry.remove(numbers.pop(champion))
    for model in judged.iter_rows(named=True):
        version = model["version"]
        number = registry.register(model, "")
        if version not in numbers:
            done.append(f"{version} was registered as version {number}")
        if version == champion and number != alias:
            registry.point(number)
            done.append(f"the alias {CHAMPION} points at {champion}")
    return done


def _judged(lake: Lake) -> tuple[pl.DataFrame, str | None]:
    """The rows of `selected_model` that were judged, in their order in the registry, and the champion's version."""
    moves = ledger(lake)
    if moves.is_empty() or not lake.exists(SELECTED_MODEL.name):
        return SELECTED_MODEL.empty(), None
    models = lake.read(SELECTED_MODEL.name).sort(DATE).unique("version", keep="last", maintain_order=True)
    order = moves.group_by("version").agg(pl.col("registry_version").first().cast(pl.Int64, strict=False))
    judged = models.join(order, on="version").sort("registry_version", DATE)
    held = champion_moves(standing(moves, models["version"].to_list()))
    return judged, None if held.is_empty() else str(held["version"][-1])
