"""A catalogue's file, written by a test."""

import json

import pytest

SHOP = [
    {"id": "1", "title": "Red shoes", "text": "Running shoes for wet days.", "price": 30},
    {"id": "2", "title": "Blue boots", "text": "Warm boots, and red laces with them."},
    {"id": "3", "title": "Umbrella", "text": "Keeps you dry on wet days."},
]


@pytest.fixture
def catalogue_file(tmp_path):
    """Writes lines (bytes, or an object as JSON) into a file."""

    def catalogue_file(*lines):
        path = tmp_path / "catalogue.jsonl"
        encoded = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        path.write_bytes(b"\n".join(encoded))
        return path

    return catalogue_file


@pytest.fixture
def shop():
    """Three entries to find."""
    return SHOP
