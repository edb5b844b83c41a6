# `make` or `make help` lists what there is. Needs Python 3.11 or newer with pip, and make.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV ?= .venv
PORT ?= 8080
DATA ?= data
PYTEST_ARGS ?=
MARKET_ARGS ?=

BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
RUNTIME := $(VENV)/.runtime-installed
DEV := $(VENV)/.dev-installed

.PHONY: help setup dev run test check format bench market soak lock clean

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(RUNTIME) ## Make .venv with .venv/bin/leadyard ready to run

dev: $(DEV) ## Add what tests and checks need

run: setup ## Run everything with the demo account (PORT=8080 DATA=data)
	exec $(BIN)/leadyard serve --demo --port $(PORT) --data-dir $(DATA)

test: dev ## Run every test but the long ones (PYTEST_ARGS='-k word')
	scripts/ensure_chromium
	scripts/run_tests $(BIN)/python -n auto --maxprocesses 4 --dist loadgroup -m "not soak" $(PYTEST_ARGS)

check: dev ## Lint, formatting, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: dev ## Put the code into its usual form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: dev ## Measure and print the speed table
	$(BIN)/python -m benchmarks

market: dev ## Let a market of 200 buyers trade and see that no promise is broken (MARKET_ARGS='--seed one')
	$(BIN)/python -m benchmarks.market $(MARKET_ARGS)

soak: dev ## Run the long tests
	scripts/ensure_chromium
	scripts/run_tests $(BIN)/python -m soak $(PYTEST_ARGS)

lock: dev ## Write both lock files anew from pyproject.toml
	$(PIP) install uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --upgrade -c requirements.lock pyproject.toml --group dev -o requirements-dev.lock

clean: ## Remove the environment and everything that tools left (never the data)
	rm -rf $(VENV) dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .coverage
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	scripts/create_venv $(PYTHON) $(VENV)

$(RUNTIME): requirements.lock pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --editable .
	touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	$(PIP) install --require-hashes -r requirements-dev.lock
	touch $@
