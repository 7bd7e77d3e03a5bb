# make run | test | quick | check | fix | docs | bench | browser; each calls setup by itself.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: setup run test quick check style types contracts fix docs bench browser

setup: .venv/.ready

.venv/.ready: requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "需要 Python 3.11 或更高版本；请安装后再试：make PYTHON=python3.11 run"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation -e .
	@touch $@

run: setup
	@$(BIN)/qz demo

# Tests have a data folder of their own: never that of whoever runs them.
test quick browser: export QZ_HOME = $(CURDIR)/var/tests

test: setup
	$(BIN)/python -m pytest -n auto

quick: setup
	$(BIN)/python -m pytest -n auto -m "not slow and not browser and not postgres"

check: style types contracts

style: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

contracts: setup
	$(BIN)/lint-imports

fix: setup
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

docs: setup
	$(BIN)/qz docs

bench: setup
	$(BIN)/qz bench intake

browser: setup
	$(BIN)/python -m pytest -m browser
