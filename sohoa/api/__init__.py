"""The HTTP door: lookups for other agencies' systems, and the state of this one."""
