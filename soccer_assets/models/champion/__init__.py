"""The champion: forecaster, promotion gate, registry, model card."""
