"""Compile an instance to a problem, and decode schedules to task runs."""
