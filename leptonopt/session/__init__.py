"""One solve: request, source of the instance, portfolio of methods, workers, confirmation, certificate, result."""
