"""The page of a drift report, as Evidently draws it."""

from typing import Any

import polars as pl


def drawn(current: pl.DataFrame, reference: pl.DataFrame, threshold: float) -> str:
    """An HTML page of some megabytes: how each column is spread in both windows, and how far apart they are.

    Args:
        current: a row per match of the current window, with the columns to draw.
        reference: the same of the reference.
        threshold: Wasserstein distance, in standard deviations of the reference, from which a column has drifted.
    """
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    class DriftTable(DataDriftPreset):  # type: ignore[misc]  # Evidently has no types
        """The preset's table: as metrics of their own it draws the columns again, and no page holds those."""

        def generate_metrics(self, context: Any) -> list[Any]:
            return list(super().generate_metrics(context))[:1]

    definition = DataDefinition(numerical_columns=current.columns)
    windows = [Dataset.from_pandas(rows.to_pandas(), data_definition=definition) for rows in (current, reference)]
    table = DriftTable(columns=current.columns, num_method="wasserstein", num_threshold=threshold)
    return str(Report([table]).run(*windows).get_html_str(as_iframe=False))
