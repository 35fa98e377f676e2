"""The model as KServe's SDK sees it: a name and whether it is ready; speech has routes of our own."""

from kserve import Model

from model_server.lifecycle import Lifecycle


class SpeechModel(Model):  # type: ignore[misc]  # the SDK is not typed
    """A speech model in KServe's registry."""

    def __init__(self, name: str, lifecycle: Lifecycle):
        super().__init__(name)
        self._lifecycle = lifecycle

    async def healthy(self) -> bool:
        """Whether new users should be sent here, as /healthz/ready says."""
        return self._lifecycle.ready
