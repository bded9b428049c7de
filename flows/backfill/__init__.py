"""The lane of legacy papers: an inventory is planned, its shards are sent and worked off, every row is accounted for.

Knows what is left to do from the store alone: what was planned and has no outcome. So each part may be killed at any
moment and begun again, on this machine or on another one.
"""
