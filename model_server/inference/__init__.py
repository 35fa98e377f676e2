"""Engine processes under one server: what they are told, how they are run, what they answer."""
