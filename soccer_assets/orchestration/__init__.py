"""What assets need of Dagster: partitions, the I/O manager, event storage."""
