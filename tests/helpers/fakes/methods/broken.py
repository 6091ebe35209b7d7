"""An engine whose package is damaged."""

raise ImportError("libengine.so: undefined symbol")
