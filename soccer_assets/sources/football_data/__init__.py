"""football-data.co.uk: season archives and fixtures files."""
