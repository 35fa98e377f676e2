"""A CloudEvent 1.0 in structured mode: one JSON object holds the attributes and the data; knows no meaning.

Source: CloudEvents 1.0.2, "JSON Event Format" and "HTTP Protocol Binding", section 3.2.
"""

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

CONTENT_TYPE = "application/cloudevents+json"


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class CloudEvent:
    """Something that happened at `source` to `subject`; `source` and `id` together are unique."""

    type: str
    source: str
    subject: str
    data: dict[str, Any]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    time: datetime = field(default_factory=_now)

    def body(self) -> bytes:
        """The event as the body of a request with content type application/cloudevents+json."""
        return json.dumps(
            {
                "specversion": "1.0",
                "type": self.type,
                "source": self.source,
                "subject": self.subject,
                "id": self.id,
                "time": self.time.astimezone(UTC).isoformat(timespec="milliseconds"),
                "datacontenttype": "application/json",
                "data": self.data,
            }
        ).encode()
