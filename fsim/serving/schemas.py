"""The shapes of requests and answers of the API, as its description (OpenAPI) has them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from fsim.search.query import TEXT_WEIGHT
from fsim.serving.limits import TEXT
from fsim.serving.search_form import DEFAULT_K


class Problem(BaseModel):
    error: str = Field(description="what is wrong, and what to do")


class Result(BaseModel):
    id: str
    image: str = Field(description="where its thumbnail is, on this server")
    score: float = Field(description="the cosine, or minus the Euclidean distance: the greater, the nearer")
    category: str
    item: str
    split: str
    attributes: dict[str, Any]
    duplicates: list[str] = Field(default=[], description="with `fold`: the ids of images that it stands for")


class SearchAnswer(BaseModel):
    query: str = Field(description="a hash of the picture, id:N, text:WORDS, or a picture and a text with weights")
    unknown_words: list[str] = Field(description="words of the text that the network did not learn: they are left out")
    results: list[Result]


class Item(BaseModel):
    id: str
    image: str
    category: str
    item: str
    split: str
    attributes: dict[str, Any]
    captions: list[str]


class CatalogPage(BaseModel):
    total: int
    items: list[Item]


class FacetValue(BaseModel):
    value: str
    count: int


class Facet(BaseModel):
    key: str
    values: list[FacetValue] = Field(description="the most frequent ones first")


class About(BaseModel):
    name: str = Field(description="of the index: recipe/time/name")
    images: int
    distance: Literal["cosine", "euclidean"]
    facets: list[Facet] = Field(description="what can be filtered by")
    text: bool = Field(description="whether words can be searched by, with a second index in both")
    compare: bool = Field(description="whether there is a second index to compare with")
    max_k: int
    max_text: int = Field(description="letters of a text")
    max_upload_mb: float


class ComparedResult(BaseModel):
    image: str
    score: float
    category: str
    attributes: dict[str, Any]
    shown: str = Field(description="to search on by it")


class ComparisonAnswer(BaseModel):
    comparison: str = Field(description="the token to vote with")
    unknown_words: list[str] = Field(description="words of the text that one of the networks did not learn")
    left: list[ComparedResult]
    right: list[ComparedResult]


class VoteBody(BaseModel):
    model_config = ConfigDict(extra="forbid")
    comparison: str = Field(max_length=40)
    choice: Literal["left", "right", "both", "neither"]


class Voted(BaseModel):
    left: str = Field(description="the index that was on the left")
    right: str


class Health(BaseModel):
    status: Literal["ready"]
    images: int


_PROPERTIES: dict[str, dict[str, Any]] = {
    "image": {"type": "string", "format": "binary", "description": "a JPEG, PNG, WebP, GIF or BMP"},
    "id": {"type": "string", "description": "in place of image: an image of the index"},
    "shown": {"type": "string", "description": "in place of image: an image of a comparison"},
    "text": {
        "type": "string",
        "maxLength": TEXT,
        "description": "words, in place of a picture or with one; where the network reads, see /api/about",
    },
    "text_weight": {
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "default": TEXT_WEIGHT,
        "description": "of a picture and a text: how much the text counts",
    },
    "k": {"type": "integer", "minimum": 1, "default": DEFAULT_K, "description": "how many answers"},
    "filter": {
        "type": "array",
        "items": {"type": "string"},
        "description": "key=value; of one key any of the values, of different keys all",
    },
    "crop": {"type": "string", "description": "x1,y1,x2,y2: the part to look at, in pixels of the upright picture"},
    "fold": {"type": "string", "enum": ["0", "1"], "description": "one answer an item"},
    "diversity": {"type": "number", "minimum": 0, "maximum": 1, "description": "how unlike each other answers are"},
}
SEARCH_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"multipart/form-data": {"schema": {"type": "object", "properties": _PROPERTIES}}},
    }
}
