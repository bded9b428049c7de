"""The doors: command line, API, review desk, station."""
