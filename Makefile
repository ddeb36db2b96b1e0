# `make help` lists what there is. Python 3.11 or newer and make are all that must be installed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
# Where this is set, every process compiles the whole program anew, and the tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE
# More than there are cores: many tests wait for servers, and others go on meanwhile.
WORKERS := $(shell echo $$(( $$(nproc) * 3 / 2 )))
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
.PHONY: help run demo test check lint bench fuzz examples pictures lock clean

help: ## Show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

run: $(VENV)/run.stamp ## Set up and serve on http://127.0.0.1:8181 (PORT=… for another), with the demo world
	@GUERDON_ENV=development exec $(BIN)/guerdon serve

demo: $(VENV)/run.stamp ## Begin the demo world anew
	@GUERDON_ENV=development $(BIN)/guerdon demo --reset

test: $(VENV)/dev.stamp ## Run the whole suite, on SQLite and on PostgreSQL
	$(PYTEST)

check: lint ## Check style, types, and whatever is quick and needs neither a server nor PostgreSQL
	GUERDON_TEST_PLAYS=3 $(PYTEST) -n auto -p no:schemathesis -m "not postgres and not server and not waits and not slow"

lint: $(VENV)/dev.stamp ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/dev.stamp ## Measure, and print the table of bench/README.md
	$(BIN)/python -m bench

fuzz: $(VENV)/dev.stamp ## Send what the manual allows and what it does not to every call, as each role: some six minutes
	$(BIN)/python -m tests.fuzz

examples: $(VENV)/dev.stamp ## Make every call once, and write what was sent and answered into the manual
	$(BIN)/python -m tests.manual_calls

pictures: $(VENV)/dev.stamp ## Take the README's pictures of the pages anew, with Chromium
	$(BIN)/python -m tests.pages.pictures

lock: $(VENV)/dev.stamp ## Choose the newest allowed dependencies and lock them with their hashes
	$(BIN)/uv pip compile -q -U --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		pyproject.toml -o requirements.txt
	$(BIN)/uv pip compile -q -U --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt

clean: ## Remove what was installed and cached; storage/ stays
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .bench

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Guerdon needs Python 3.11 or newer" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/run.stamp: requirements.txt pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
