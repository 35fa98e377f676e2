"""Send a model's own self-test clip to a predictor and compare the transcript; knows nothing of Kubernetes.

Usage: one_clip.py URL MODEL_DIRECTORY TIMEOUT_SECONDS. Runs inside the model-server image, which has PyYAML.
"""

import json
import pathlib
import re
import sys
import urllib.request

import yaml


def words(text: str) -> list[str]:
    """Return the words of a transcript without case or punctuation."""
    return re.findall(r"[\w']+", text.lower())


def main(url: str, model: str, timeout_seconds: str) -> None:
    """Exit 0 when the transcript has the expected words, else say both."""
    self_test = yaml.safe_load(pathlib.Path(model, "model.yaml").read_text())["self_test"]
    clip = pathlib.Path(model, self_test["audio"]).read_bytes()
    # S310: the URL is the chart's own, of its Service.
    request = urllib.request.Request(url, data=clip, headers={"content-type": "audio/wav"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=float(timeout_seconds)) as answer:  # noqa: S310
        heard = json.load(answer)["predictions"][0]["text"]
        version = answer.headers["x-serinus-model-version"]
    if words(heard) != words(self_test["text"]):
        sys.exit(f"{url} (version {version}) heard {heard!r}, not {self_test['text']!r}")
    print(f"{url} (version {version}) heard {heard!r}, as it should")


main(*sys.argv[1:])
