"""What runs at a counter or a post office: it scans, keeps, proves and sends.

Imports `schemas` alone, so that it installs light, and works for days without a network.
"""
