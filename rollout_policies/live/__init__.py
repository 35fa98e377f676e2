"""Live speech heard by both versions, compared without labels."""
