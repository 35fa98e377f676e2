"""What a transcript finds: a catalogue mounted beside the model, or a search engine at a URL."""
