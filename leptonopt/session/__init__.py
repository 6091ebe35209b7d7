"""One solve: request, instance source, methods, workers, confirmation, certificate, result."""
