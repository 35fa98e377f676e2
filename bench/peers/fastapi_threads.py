"""FastAPI with its default: a plain `def` route runs in one of 40 threads, all with one engine."""

from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, Request

from bench.bare import Hearing
from bench.peers import model, port

app = FastAPI()
HEARING = Hearing(model())


async def body(request: Request) -> bytes:
    """The request's body."""
    return await request.body()


@app.post("/transcribe")
def transcribe(content: Annotated[bytes, Depends(body)]) -> dict[str, str]:
    """Speech to text."""
    return {"text": HEARING.hear(content)}


@app.get("/ready")
async def ready() -> dict[str, bool]:
    """The engine was loaded before the port was opened."""
    return {"ready": True}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=port(), log_level="warning")
