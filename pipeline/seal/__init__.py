"""Seal: pages and words become a PDF/A copy, signed by the person who scanned and by the agency; records are signed.

The copy attests the paper; the record, signed detached, says what it means. Nothing is imported here: who only checks a
signature does without what draws copies, which takes longer to import than to run.
"""
