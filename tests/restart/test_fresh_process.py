"""A run that another process goes on with from the restart is the run of one process, bit for bit."""

import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
from tests import coupled_toys as toys

from shanhai.core.clock import written
from shanhai.coupling.driver import advance
from shanhai.io.restart import load, save

IDENTITY = {"configuration": "abc", "grid": "def", "calendar": "standard"}
PROGRAM = """
import sys
import jax.numpy as jnp
from pathlib import Path
from tests import coupled_toys as toys
from tests.restart.test_fresh_process import IDENTITY
from shanhai.core.clock import written
from shanhai.coupling.driver import advance
from shanhai.io.restart import load, save
coupler, begin = toys.three(window=600)
folder = Path(sys.argv[1])
end = advance(coupler, load(folder / "half.zarr", begin, IDENTITY), jnp.asarray(149))
save(folder / "end.zarr", end, IDENTITY, written(end.time))
"""


def test_a_run_that_another_process_goes_on_with_is_the_run_of_one_bit_by_bit(tmp_path):
    coupler, begin = toys.three(window=600)
    half = advance(coupler, begin, jnp.asarray(139))
    save(tmp_path / "half.zarr", half, IDENTITY, written(half.time))
    subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path)], check=True)
    whole, resumed = advance(coupler, begin, jnp.asarray(288)), load(tmp_path / "end.zarr", begin, IDENTITY)
    for one, other in zip(jax.tree.leaves(whole), jax.tree.leaves(resumed), strict=True):
        assert np.asarray(one).tobytes() == np.asarray(other).tobytes()
