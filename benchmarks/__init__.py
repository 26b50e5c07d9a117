"""Measured comparisons: what the service does beside what other tools do with the same bytes.

Not part of the service, and imported by nothing of it. A figure here is a report, no test.
"""
