"""The command line: defaults, and mistakes that stop the start with status 2 and what is allowed."""

import pytest

from model_server.faults import Faults
from model_server.options import engine_settings, parse_options
from model_server.review import Review


def test_defaults_are_those_of_the_help():
    options = parse_options(["--model", "m"], {})

    assert (options.served_name, options.vad_mode) == ("asr", 1)
    assert (options.host, options.port) == ("127.0.0.1", 8080)
    assert (options.queue_seconds, options.deadline_seconds) == (60, 30)
    assert (options.drain_delay_seconds, options.max_audio_seconds) == (5, 600)
    assert (options.threads, options.voice_activity, options.input_quality) == (1, True, True)
    assert (options.caller_queue_seconds, options.review) == (None, Review("full", 0.5))
    assert (options.faults, options.pod_template_hash) == (Faults(), "")


def test_pod_template_hash_comes_from_the_environment():
    options = parse_options(["--model", "m"], {"SERINUS_POD_TEMPLATE_HASH": "5d9"})

    assert options.pod_template_hash == "5d9"


def test_faults_are_repeatable():
    options = parse_options(["--model", "m", "--fault", "error_ratio=0.1", "--fault", "seed=3"], {})

    assert options.faults == Faults(error_ratio=0.1, seed=3)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "--model"),
        (["--model", "m", "--fault", "typo=1"], "names: inference_delay_seconds"),
        (["--model", "m", "--vad-mode", "4"], "from 0 to 3, not '4'"),
        (["--model", "m", "--host", "localhost"], "an IP address, not 'localhost'"),
        (["--model", "m", "--port", "-1"], "from 0 to 65535"),
        (["--model", "m", "--queue-seconds", "nan"], "from 0.1 to 36000"),
        (["--model", "m", "--deadline-seconds", "0"], "from 0.01 to 3600"),
        (["--model", "m", "--served-name", "a/b"], "not 'a/b'"),
        (["--model", "m", "--threads", "0"], "from 1 to 256"),
        (["--model", "m", "--engine-processes", "65"], "from 1 to 64"),
        (["--model", "m", "--voice-activity", "maybe"], "'on', 'off'"),
        (["--model", "m", "--automation", "most"], "shadow"),
        (["--model", "m", "--caller-queue-seconds", "5"], "needs --caller-header"),
        (["--model", "m", "--typo"], "--typo"),
    ],
)
def test_mistake_stops_the_start_by_name(arguments, sentence, capsys):
    with pytest.raises(SystemExit) as stop:
        parse_options(arguments, {})

    assert stop.value.code == 2
    assert sentence in capsys.readouterr().err


def test_voice_activity_off_leaves_engines_without_a_detector():
    asked = ["--model", "m", "--voice-activity", "off", "--vad-mode", "2"]

    assert engine_settings(parse_options(asked, {})).vad_mode is None
    assert engine_settings(parse_options(asked[:2], {})).vad_mode == 1
