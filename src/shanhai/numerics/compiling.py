"""Programs compiled beside others: the compiler leaves Python free, so that two cores compile two programs at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any


@contextmanager
def compiling(function: Any, *like: Any) -> Iterator[None]:
    """Compile a function while the body runs, which compiles another; at its end both can be called at once.

    The function is traced before the body, by the same thread, as Python does one thing at a time. Results are those of
    the function compiled when it is called: only the waiting is shorter.

    Args:
        function: from `eqx.filter_jit` or `jax.jit`.
        like: what it will be called with; of arrays only shape and type count, so that any numbers do.

    >>> import jax, jax.numpy as jnp
    >>> double = jax.jit(lambda x: 2.0 * x)
    >>> with compiling(double, jnp.zeros(3)):
    ...     x = jnp.sin(jnp.ones(3))
    >>> [round(float(v), 3) for v in double(x)]
    [1.683, 1.683, 1.683]
    """
    with ThreadPoolExecutor(1) as other:
        compiled = other.submit(function.lower(*like).compile)
        yield
        compiled.result()
