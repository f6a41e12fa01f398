"""The commands of the platform."""
