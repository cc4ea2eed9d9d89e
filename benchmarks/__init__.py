"""The engine side by side with its peers: see README.md."""
