"""Pages for people: rendered on the server, without scripts, from the snapshot the API serves."""
