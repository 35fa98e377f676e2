"""What every gRPC call for speech carries and is counted by: the twin of envelope.py; knows no message.

The account comes from the call's metadata, which has HTTP's names, and its figures go back as trailing
metadata, with a refusal as with an answer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc

from model_server.account import Account, open_account
from model_server.envelope import Identity, figures
from model_server.errors import ClientGoneError, DeadlineError, InternalError, RefusedError
from model_server.ledger import Ledger
from model_server.log import LOGGER
from model_server.metrics import Metrics

Work = Callable[[bytes, Account], Awaitable[Any]]
RETRY_AFTER = "retry-after"
STATUS = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    404: grpc.StatusCode.NOT_FOUND,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    415: grpc.StatusCode.INVALID_ARGUMENT,
    422: grpc.StatusCode.INVALID_ARGUMENT,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    499: grpc.StatusCode.CANCELLED,
    500: grpc.StatusCode.INTERNAL,
    503: grpc.StatusCode.UNAVAILABLE,
}


def status_of(error: RefusedError) -> grpc.StatusCode:
    """The gRPC status of a refusal."""
    if isinstance(error, DeadlineError):
        return grpc.StatusCode.DEADLINE_EXCEEDED
    return STATUS[error.code]


class Calls:
    """Answers calls for speech and counts them."""

    def __init__(self, identity: Identity, metrics: Metrics, ledger: Ledger, caller_header: str | None):
        self._identity = identity
        self._metrics = metrics
        self._ledger = ledger
        self._caller_header = caller_header

    async def answer(self, path: str, work: Work, request: bytes, context: grpc.aio.ServicerContext) -> Any:
        """What `work` makes of the request, or a refusal's status and sentence."""
        metadata = _text_of(context)
        account = _open(context, metadata, self._caller_header)
        self._metrics.in_flight.inc()
        code = 500
        try:
            message, refusal = await _attempt(work, request, account)
            code = 200 if refusal is None else refusal.code
        except asyncio.CancelledError:
            code, account.reason = ClientGoneError.code, ClientGoneError.reason
            raise
        finally:
            self._metrics.in_flight.dec()
            self._ledger.close(account, path, code, metadata)
        trailing = tuple(figures(self._identity, account).items())
        if refusal is None:
            context.set_trailing_metadata(trailing)
            return message
        if refusal.retry_after_seconds is not None:
            trailing = (*trailing, (RETRY_AFTER, str(refusal.retry_after_seconds)))
        return await context.abort(status_of(refusal), refusal.sentence, trailing)


async def _attempt(work: Work, request: bytes, account: Account) -> tuple[Any, RefusedError | None]:
    try:
        return await work(request, account), None
    except RefusedError as error:
        refusal = error
    except Exception:  # noqa: BLE001  the process edge of a call
        LOGGER.exception("call failed", extra={"request_id": account.request_id})
        refusal = InternalError(f"internal error; the log has it under request id {account.request_id}")
    account.reason = refusal.reason
    return None, refusal


def _text_of(context: grpc.aio.ServicerContext) -> dict[str, str]:
    """A call's metadata but what is bytes."""
    return {key: value for key, value in context.invocation_metadata() if isinstance(value, str)}


def _open(context: grpc.aio.ServicerContext, metadata: dict[str, str], caller_header: str | None) -> Account:
    """The account of a call; its deadline is the client's."""
    account = open_account(metadata, caller_header)
    remaining = context.time_remaining()
    if remaining is not None:
        account.patience_seconds = remaining
    return account
