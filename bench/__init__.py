"""Speed and memory, shown and never tested: `just bench` prints one table and one JSON object."""
