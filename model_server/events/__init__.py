"""What is told to others of each transcript and of what users did with it, where an address is given."""
