# Everything a developer or an operator runs by hand. Plain python3 with venv and pip is enough; uv is used
# when it is on PATH. Nothing here needs root, and only installing needs a network.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# How many processes run the tests.
WORKERS ?= auto
TESTS ?=
ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help install demo test check lint release-check soak docs test-tools messages lock clean
# One command tells its whole story in order.
.NOTPARALLEL:

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | awk -F'\t' '{ printf "make %-13s %s\n", $$1, $$2 }'

# --- installing --------------------------------------------------------------------------------------------

$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || { echo "Alongside needs Python 3.11 or newer, and there is no $(PYTHON) here. Install it, or name it: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Alongside needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) -V 2>&1). Name a newer one: make PYTHON=/path/to/python3"; exit 1; }
	@if command -v uv >/dev/null; then uv venv --quiet --no-python-downloads --python "$$(command -v $(PYTHON))" $(VENV); \
	elif $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null; then $(PYTHON) -m venv $(VENV); \
	else echo "This Python comes without its venv module. Install it (on Debian: apt-get install python3-venv), or install uv."; exit 1; fi

# $(1): the lock. Hashes are checked, and nothing is installed that isn't in it.
define install_lock
	@echo "Installing $(1) (once)"
	@if command -v uv >/dev/null; then uv pip install --quiet --python $(BIN)/python --require-hashes --no-deps -r $(1); \
	else $(BIN)/python -m pip install --quiet --quiet --require-hashes --no-deps -r $(1); fi
endef

$(VENV)/installed-dev: requirements-dev.txt pyproject.toml | $(BIN)/python
	$(call install_lock,requirements-dev.txt)
	@if command -v uv >/dev/null; then uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --offline -e .; \
	else $(BIN)/python -m pip install --quiet --quiet --no-deps --no-build-isolation --no-index -e .; fi
	@touch $@ $(VENV)/installed-runtime

# The development lock holds everything that the runtime lock does.
$(VENV)/installed-runtime: requirements.txt | $(BIN)/python
	$(call install_lock,requirements.txt)
	@touch $@

install: $(VENV)/installed-dev ## Make .venv with everything for developing

# --- running -----------------------------------------------------------------------------------------------

demo: $(VENV)/installed-runtime ## Run a made-up community to try (PORT and DATA choose where)
	@exec $(BIN)/python -m forum.demo

# --- checking ----------------------------------------------------------------------------------------------

test: $(VENV)/installed-dev ## Run the tests, on both databases but for what is no database's (TESTS=tests/community for some)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(TESTS)

check: lint test ## Run the whole gate: style, types, layers, templates, then all tests

lint: $(VENV)/installed-dev
	@echo "ruff: style"
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@echo "mypy: types"
	@$(BIN)/mypy --no-error-summary
	@echo "import-linter: who imports whom"
	@$(BIN)/lint-imports --no-logo
	@echo "djlint: templates"
	@$(BIN)/djlint --quiet --lint templates

release-check: $(VENV)/installed-dev ## Look at what a release depends on and time takes away (before one is cut)
	@$(BIN)/python -m forum.cli doctor --release

docs: $(VENV)/installed-dev ## Write the generated documents anew (a test holds them against their sources)
	@$(BIN)/python -m forum.permissions.documentation > docs/.new && mv docs/.new docs/permissions.md
	@$(BIN)/python -m forum.privacy.documentation > docs/.new && mv docs/.new docs/personal-data.md
	@$(BIN)/python -m forum.privacy.export_schema > docs/.new && mv docs/.new docs/schemas/export.schema.json
	@$(BIN)/python -m tests.requirements > docs/.new && mv docs/.new docs/requirements.md

bench: $(VENV)/installed-dev ## Measure the worst texts, searches, and what readers notice of a provider that hangs (some minutes; ARGS=--help)
	@$(BIN)/python -m tests.benchmarks.many_markers
	@$(BIN)/python -m tests.benchmarks.search --posts 40000
	@$(BIN)/python -m tests.benchmarks.hanging_provider $(ARGS)

soak: $(VENV)/installed-dev ## Do all of what the gate does a part of: fuzzing, every screen, journeys on both databases
	@SOAK=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $$($(BIN)/python -m tests.soaking)

test-tools: $(VENV)/installed-dev ## Fetch what some tests skip without: an HTML checker (for Java), CommonMark's examples (needs npm)
	@command -v npm >/dev/null || { echo "Fetching these needs npm on PATH."; exit 1; }
	@$(BIN)/python -m tests.fetched

messages: $(VENV)/installed-dev ## Collect the sentences to translate, and compile what is translated
	@$(BIN)/python -m tests.languages.messages

# --- locking -----------------------------------------------------------------------------------------------

# The locks hold names, versions and hashes, and no address of a registry.
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links pyproject.toml --extra passkeys --extra postgres --extra s3

lock: ## Write the locks anew from pyproject.toml (needs uv; UPGRADE=--upgrade for newer versions)
	@command -v uv >/dev/null || { echo "Writing the locks needs uv on PATH."; exit 1; }
	$(LOCK) $(UPGRADE) -o requirements.txt
	$(LOCK) $(UPGRADE) --group dev -c requirements.txt -o requirements-dev.txt

clean: ## Remove what was made here: .venv and the tools' caches
	rm -rf $(VENV) .tools dist build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
