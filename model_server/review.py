"""How much of the work a release is trusted with, and which transcripts a person must look at.

The degrees of automation rise: shadow (nobody uses the answers), assist (a person confirms each), partial (a
person sees those below the threshold), full (nobody looks). Pure.
"""

from dataclasses import dataclass

DEGREES = ("shadow", "assist", "partial", "full")


@dataclass(frozen=True)
class Review:
    """A release's degree of automation and, for `partial`, its threshold of confidence (0 to 1)."""

    degree: str = "full"
    threshold: float = 0.5

    def needed(self, confidence: float | None) -> bool:
        """Whether a person must look; an engine without confidence never earns trust in part."""
        if self.degree == "partial":
            return confidence is None or confidence < self.threshold
        return self.degree != "full"
