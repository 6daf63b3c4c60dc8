# Two commands on a fresh machine: `make demo` and `make test`. Each makes its own .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
OUT ?= out
PYTEST = JAX_COMPILATION_CACHE_DIR=$(CURDIR)/$(VENV)/compiled $(BIN)/python -m pytest -n 2 --dist loadfile

unexport PYTHONDONTWRITEBYTECODE  # many processes are started; each would read thousands of files anew

.PHONY: demo test test-slow lint docs bench clean

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "shanhai needs Python 3.11 or newer: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $(READY)

demo: $(READY)  ## The East China Sea example of the standard, from raw numbers to reports in both modes
	$(BIN)/shanhai flux demo --out $(OUT)/demo

test: $(READY)  ## The test suite without what takes long; what is compiled is kept for the next time
	$(PYTEST) -m 'not slow'

test-slow: $(READY)  ## The tests that take long: models that compile long, real data, killed processes
	$(PYTEST) -m slow

lint: $(READY)  ## Style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

docs: $(READY)  ## The documentation site, in site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

bench: $(READY)  ## Benchmarks as ratios, beside the recorded baseline
	$(BIN)/python -m benchmarks

clean:
	rm -rf $(VENV) site build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
