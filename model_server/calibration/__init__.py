"""Fits a model's confidence to what comes true on a labelled set; run by hand when a model is made."""
