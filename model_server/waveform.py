"""What a sound is between the stages: one channel of float samples, nominally from -1 to 1."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Waveform: TypeAlias = NDArray[np.float32]
