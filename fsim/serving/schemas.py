"""The answers of the server, as programs read them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


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


class Choice(BaseModel):
    model_config = ConfigDict(extra="forbid")
    comparison: str = Field(max_length=40)
    choice: Literal["left", "right", "both", "neither"]


class Voted(BaseModel):
    left: str = Field(description="the index that was on the left")
    right: str


class Health(BaseModel):
    status: Literal["ready"]
    images: int
