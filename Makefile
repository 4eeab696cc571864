# Two commands: `make demo` shows the main job, `make test` proves it. Both set up .venv first.
PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13) python3)
VENV   := .venv
BIN    := $(VENV)/bin
# durable_rules 2.0.28 is an sdist that needs this flag on Python 3.13 and ignores it elsewhere.
# Its build-time setuptools stands outside the lock, so it is pinned by build-constraints.txt.
BUILD  := CPPFLAGS=-DPyEval_CallObject=PyObject_CallObject PIP_CONSTRAINT=build-constraints.txt

.PHONY: demo test setup check lint types bench verify lock screenshots clean

demo: setup
	$(BIN)/oih-cds demo

test: setup
	$(BIN)/python -m pytest $(PYTEST_ARGS)

setup: $(VENV)/.ready

$(VENV)/.ready: requirements-dev.lock build-constraints.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo 'oih-cds needs Python 3.11, 3.12 or 3.13; set PYTHON=python3.x'; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BUILD) $(BIN)/pip install --quiet --disable-pip-version-check --no-cache-dir --no-binary durable-rules \
	  --require-hashes --no-deps -r requirements-dev.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	touch $@

check: lint types

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

bench: setup
	$(BIN)/python -m bench.run

verify: setup
	$(BIN)/oih-cds verify

# The pictures of docs/images, from the running service in Debian's chromium.
screenshots: setup
	$(BIN)/python docs/screenshots.py

lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements.lock
	uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements-dev.lock

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
