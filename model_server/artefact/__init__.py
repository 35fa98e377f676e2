"""A model as an artefact: a folder that says what it holds, and where such folders come from."""
