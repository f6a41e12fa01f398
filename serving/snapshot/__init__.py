"""The tables of the lake in memory, a view per resource."""
