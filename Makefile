# Every target makes the virtual environment first, and renews it only when
# requirements.txt, constraints.txt or pyproject.toml have changed.

.DEFAULT_GOAL := help
.PHONY: help venv book test serve jupyter lint format bench experiments peers mutants pdf picture weigh clean

export PYTHON
PY := .venv/bin/python
WORKERS ?= auto

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

book: venv ## Build the HTML book in _build/html, every chapter executed
	@$(PY) -m tools.build

test: book ## Build the book if need be, then run all tests
	@$(PY) -m pytest -n $(WORKERS)

weigh: book ## Weigh the pages: bytes, paint and shift as on a phone
	@$(PY) -m tools.weigh

serve: book ## Serve the built book on this computer and say its address
	@$(PY) -m tools.serve

jupyter: venv ## Open the chapters as notebooks in JupyterLab
	@$(PY) -m tools.lab

lint: venv ## Check style (ruff) and types (mypy --strict)
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && $(PY) -m mypy

format: venv ## Format the code and mend what ruff can mend
	@$(PY) -m ruff check --fix . ; $(PY) -m ruff format .

bench: venv ## Time the package's functions
	@$(PY) -m benchmarks

experiments: venv ## Run the lab's experiments (ONLY=recovery: that one) and keep the results
	@$(PY) -m tools.experiments $(ONLY)

peers: venv ## Compare the package with other libraries, installed in .venv-peers
	@test -x .venv-peers/bin/python || $(PY) -m venv .venv-peers
	@.venv-peers/bin/python -m pip install -q -r requirements-peers.txt
	@PYTHONPATH=code .venv-peers/bin/python -m pytest -c tests_peers/pytest.ini tests_peers
	@.venv-peers/bin/python tools/peer_names.py

mutants: venv ## Break the package one place at a time; the tests must see it
	@$(PY) -m tools.mutate

pdf: book ## Print the whole book, and offer it on the Welcome page
	@$(PY) -m tools.pdf

notebooks: book ## Write the chapters as .ipynb, for Jupyter without MyST
	@$(PY) -m tools.notebooks

picture: book ## Take the README's picture of a page anew
	@$(PY) -m tools.picture

clean: ## Remove what builds and tests leave (the environment stays)
	rm -rf _build build .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

venv:
	@for p in "$(PYTHON)" python3 python3.11 python3.12 python3.13 python3.14 python; do \
	  [ -n "$$p" ] && "$$p" -c 'import sys; sys.exit(sys.version_info < (3,))' \
	    >/dev/null 2>&1 && exec "$$p" tools/bootstrap.py; \
	done; echo "error: no Python 3 was found; install Python 3.11 or newer" >&2; exit 1
