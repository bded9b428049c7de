"""`sohoa bench`: how well scans are read whose truth is known."""
