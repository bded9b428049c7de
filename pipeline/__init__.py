"""What is done to a document: admit ► prepare ► read ► understand ► seal. Bytes and arrays in, values out.

Nothing here knows the orchestrator, the object store, HTTP or the time of day.
"""
