"""Name what is drawn: each generator returns the instance document of a seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .cut_documents import cut_document
from .data_documents import data_document
from .meter_documents import meter_document
from .mixed_documents import mixed_document
from .packed_documents import packed_document
from .random_documents import document
from .savings_documents import savings_document
from .service_documents import service_document

GENERATORS: dict[str, Callable[[int], dict[str, Any]]] = {
    "anything": document,
    "nodes": packed_document,
    "segments": cut_document,
    "meters": meter_document,
    "savings": savings_document,
    "data": data_document,
    "services": service_document,
    "mixed": mixed_document,
}
