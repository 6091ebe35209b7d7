"""Measure speed and quality of variants of a model in ONNX on this machine."""
