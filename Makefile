# Verbs of the house. `make help` lists them. Everything is installed into .venv; nothing else on the machine changes.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help install locked lock demo check test test-matrix format lint types floors fast explore bench clean

help: ## List the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(STAMP): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Headrace needs Python 3.11 or later; set PYTHON=…") if sys.version_info < (3, 11) else None'
	@echo "Installing into .venv (once; about a minute) …"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

locked: ## As install, but what release/development.lock names, each file by its hash
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r release/development.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $(STAMP)

lock: $(STAMP) ## Write the lock files and the list of licences anew (some minutes; asks the package index)
	@$(BIN)/python release/lock.py

install: $(STAMP) ## Install Headrace and its tools into .venv

demo: $(STAMP) ## Walk the whole tutorial: simulator, server, run, quarantine, picture, SQL
	@$(BIN)/headrace demo

check: lint types floors fast ## Format, lint, types, floors and the fast tests (about a minute)

test: $(STAMP) ## Every test; of the matrix of crashes a part
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'not matrix'

test-matrix: $(STAMP) ## The whole matrix of crashes: each kind of work, at each point, on each database
	$(BIN)/python -m pytest -n 2 tests/crashes

format: $(STAMP) ## Format the code
	$(BIN)/ruff format src tests bench docs release
	$(BIN)/ruff check --fix --quiet src tests bench docs release

lint: $(STAMP)
	$(BIN)/ruff format --check --quiet src tests bench docs release
	$(BIN)/ruff check --quiet src tests bench docs release

types: $(STAMP)
	$(BIN)/mypy

floors: $(STAMP) ## Imports only go down
	$(BIN)/lint-imports

fast: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'not slow'

explore: $(STAMP) ## Look for rows on which two ways of reading or of mapping differ: many examples, others each time
	HEADRACE_EXAMPLES=100 $(BIN)/python -m pytest -n 2 tests/unit/mapping/test_one_meaning.py
	HEADRACE_EXAMPLES=170 $(BIN)/python -m pytest -n 2 tests/unit/runs/test_one_reading.py

bench: $(STAMP) ## Measure: ratios in one run
	$(BIN)/python -m bench

clean: ## Remove .venv and caches
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
