"""Simulate policies of planning in worlds where tasks take longer or shorter than stated."""
