"""Choose the regions of tasks that pass data on, by an integer program without capacity over time."""
