"""This script transcribes a clip with KServe's own REST client, over V1 and V2, and prints what it heard.

A process of its own, since kserve and tritonclient.grpc cannot be imported in one.
"""

import asyncio
import base64
import json
import sys
from pathlib import Path

import numpy as np
import soundfile
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig


async def v1(url, clip):
    client = InferenceRESTClient(RESTConfig(protocol="v1"))
    instance = {"audio": {"b64": base64.b64encode(clip.read_bytes()).decode()}}
    answer = await client.infer(url, {"instances": [instance, instance]}, model_name="asr")
    return [prediction["text"] for prediction in answer["predictions"]]


async def v2(url, clip, binary):
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    samples, sample_rate = soundfile.read(clip, dtype="float32")
    audio = InferInput("audio", list(samples.shape), "FP32")
    audio.set_data_from_numpy(samples, binary_data=binary)
    rate = InferInput("sample_rate", [1], "INT32")
    rate.set_data_from_numpy(np.array([sample_rate], np.int32), binary_data=binary)
    request = InferRequest(model_name="asr", infer_inputs=[audio, rate])
    answer = await client.infer(url, request, model_name="asr")
    ready = await client.is_server_ready(url) and await client.is_model_ready(url, "asr")
    return {"text": answer.get_output_by_name("text").data, "id": answer.id, "ready": ready}


async def main(url, clip):
    heard = {
        "v1": await v1(url, clip),
        "v2 binary": await v2(url, clip, binary=True),
        "v2 json": await v2(url, clip, binary=False),
    }
    print(json.dumps(heard))


if __name__ == "__main__":
    arguments, sys.argv = sys.argv[1:], sys.argv[:1]
    asyncio.run(main(arguments[0], Path(arguments[1])))
