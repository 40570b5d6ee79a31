"""A collection of Milvus: embedded in a folder, or of a cluster by its URI."""

from __future__ import annotations

import io
import json
import logging
import shutil
import tempfile
import uuid
import weakref
import zipfile
from pathlib import Path
from typing import Any, Literal

import numpy as np

from fsim.errors import FsimError
from fsim.functional.retrieval.index_vectors import checked_embeddings, checked_queries, filled_up, unit_length
from fsim.interfaces import Answers, Distance, Vectors
from fsim.kit.saved_index import SavedIndex, open_index, save_index
from fsim_plugins.indexes.required import required

FILE = "index.milvus"
AT_ONCE = 2_000  # embeddings in a message
MOST = 16_384  # answers that Milvus gives
DATABASE = "milvus.db"


class Milvus:
    """Wang et al., "Milvus: a purpose-built vector data management system", SIGMOD 2021 (github.com/milvus-io/milvus).
    Extra `milvus`.

    Without a URI it is Milvus Lite, embedded in this process, in a folder of its own that is packed into the index's
    when it is saved: no server is needed, and several processes may load it. With the URI of a cluster each index
    that is built is a new collection there; searching asks the cluster, and the index's folder has its name alone.
    A collection that is no longer wanted is to be dropped there.

    Embeddings compared by cosine are scaled to length one and searched by inner product, so that a zero vector has
    cosine 0.

    Args:
        uri: of a cluster, such as http://localhost:19530; null: embedded.
        token: `user:password` or an API key of the cluster. It is not saved with the index: give it by the recipe or
            the command that loads it.
        index_type: as Milvus calls it. AUTOINDEX: as Milvus thinks best; embedded, it looks at every embedding.
        seed: has no effect.

    Raises:
        FsimError: the package is missing, the cluster does not answer; see `Index`.
    """

    def __init__(
        self,
        uri: str | None = None,
        token: str | None = None,
        index_type: Literal["AUTOINDEX", "FLAT", "HNSW", "IVF_FLAT"] = "AUTOINDEX",
        seed: int = 0,
    ) -> None:
        self.package = required("pymilvus", "pymilvus", "milvus")
        self.uri, self.token, self.index_type = uri, token, index_type
        self.collection, self.client, self.dimensions, self.number = "", None, 0, 0

    def build(self, embeddings: Vectors, distance: Distance) -> None:
        vectors = checked_embeddings(embeddings)
        self.collection = f"fsim_{uuid.uuid4().hex}"
        self.number, self.dimensions, self.distance = len(vectors), vectors.shape[1], distance
        self._connect(None)
        try:
            self._create()
            prepared = unit_length(vectors) if distance == "cosine" else vectors
            for start in range(0, len(prepared), AT_ONCE):
                rows = [{"id": start + n, "vector": one} for n, one in enumerate(prepared[start : start + AT_ONCE])]
                self.client.insert(self.collection, rows)
            self.client.flush(self.collection)
            self.client.load_collection(self.collection)
        except self.package.MilvusException as error:
            raise self._refused(error) from error

    def search(self, queries: Vectors, k: int) -> Answers:
        vectors = checked_queries(queries, k, self.dimensions)
        if not len(vectors):
            return filled_up(np.empty((0, 0)), np.empty((0, 0)), k)
        if self.distance == "cosine":
            vectors = unit_length(vectors)
        wanted = min(k, self.number, MOST)
        try:
            found = self.client.search(
                self.collection, data=list(vectors), limit=wanted, anns_field="vector", consistency_level="Strong"
            )
        except self.package.MilvusException as error:
            raise self._refused(error) from error
        ids, scores = np.full((len(vectors), wanted), -1), np.zeros((len(vectors), wanted), np.float32)
        for row, hits in enumerate(found):
            ids[row, : len(hits)] = [hit["id"] for hit in hits]
            scores[row, : len(hits)] = [hit["distance"] for hit in hits]
        return filled_up(ids, scores if self.distance == "cosine" else -scores / 2, k)  # of a squared distance

    def save(self, folder: Path) -> None:
        content = self._packed() if self.uri is None else json.dumps(self._name()).encode()
        saved = SavedIndex("milvus", self.distance, self.number, self.dimensions)
        save_index(folder, saved, FILE, lambda file: file.write_bytes(content))

    def load(self, folder: Path) -> None:
        saved = open_index(folder, "milvus", FILE)
        content = (Path(folder) / FILE).read_bytes()
        self.number, self.dimensions, self.distance = saved.num_embeddings, saved.dimensions, saved.distance
        packed = content if content.startswith(b"PK") else None
        try:
            name = _name_in(packed) if packed else json.loads(content)
            self.uri, self.collection = name["uri"], str(name["collection"])
            self._connect(packed)
            self.client.load_collection(self.collection)
        except (ValueError, LookupError, TypeError, zipfile.BadZipFile) as error:
            raise FsimError(f"{folder} holds no index of milvus ({error}): build and save it anew") from error
        except self.package.MilvusException as error:
            raise self._refused(error) from error

    def _connect(self, packed: bytes | None) -> None:
        """A client of the cluster, or of a folder that lives as long as this index, with what was packed."""
        if self.uri is not None:
            try:
                self.client = self.package.MilvusClient(self.uri, **({"token": self.token} if self.token else {}))
            except self.package.MilvusException as error:
                raise self._refused(error) from error
            return
        # The embedded server lacks some calls, and logs a traceback of each that the client tries.
        logging.getLogger("grpc._server").setLevel(logging.CRITICAL)
        place = Path(tempfile.mkdtemp(prefix="fsim-milvus-"))
        if packed is not None:
            with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                archive.extractall(place)  # names that would lead out of it are made harmless
        self.client = self.package.MilvusClient(str(place / DATABASE))
        self.place = place
        weakref.finalize(self, _close, self.client, place)

    def _create(self) -> None:
        kinds, client = self.package.DataType, self.client
        schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("id", kinds.INT64, is_primary=True)
        schema.add_field("vector", kinds.FLOAT_VECTOR, dim=self.dimensions)
        params = client.prepare_index_params()
        metric = "IP" if self.distance == "cosine" else "L2"
        params.add_index("vector", index_type=self.index_type, metric_type=metric, params={})
        client.create_collection(self.collection, schema=schema, index_params=params)

    def _name(self) -> dict[str, Any]:
        return {"uri": self.uri, "collection": self.collection}

    def _packed(self) -> bytes:
        """The folder as one file."""
        self.client.flush(self.collection)
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("name.json", json.dumps(self._name()))
            for file in sorted((self.place / DATABASE).rglob("*")):
                if file.is_file():
                    archive.write(file, file.relative_to(self.place).as_posix())
        return buffer.getvalue()

    def _refused(self, error: Exception) -> FsimError:
        where = "the embedded Milvus" if self.uri is None else f"Milvus at {self.uri}"
        return FsimError(f"{where} refuses: {error}; see that it runs, and that uri, token and index_type are right")


def _name_in(packed: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        name: dict[str, Any] = json.loads(archive.read("name.json"))
    return name


def _close(client: Any, place: Path) -> None:
    client.close()
    shutil.rmtree(place, ignore_errors=True)
