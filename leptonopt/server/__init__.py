"""The planning service: jobs over HTTP, their progress as events, and a page to work with."""
