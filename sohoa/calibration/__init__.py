"""`sohoa calibration`: how likely what was read is right, on what that was measured, and where acceptance stands."""
