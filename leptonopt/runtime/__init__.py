"""Processes, threads, signals, deadlines, remote executors and compiled code; knows no solver."""
