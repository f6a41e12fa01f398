"""Tables of the lake and raw payloads, on disk or in S3; no Dagster."""
