"""The protocols that users speak, one file each: bodies in, transcripts out."""
