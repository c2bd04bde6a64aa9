# Reading Hub: `make run` starts a demo hub, `make test` checks everything. The rest is for those who build.

PYTHON ?= python3
VENV := .venv
# Tests wait for other programs more than they compute: four at once keep two cores busy.
TEST_JOBS ?= 4
BIN := $(VENV)/bin
PYTEST := python -m pytest -n $(TEST_JOBS) --dist loadfile --no-loadscope-reorder
OHIF := 3.13.2
LOCK := pip-compile --quiet --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --strip-extras
FRONT := $(shell find web/frontend -path '*/node_modules' -prune -o -type f -print 2>/dev/null)
WORDS := $(shell find web/translations -name '*.po' 2>/dev/null)

# A run of the tests starts hundreds of processes: compiled once for all of them, not once for each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test soak train-env gpu-env lock wheel clean

run: $(VENV)/.project
	@exec $(BIN)/readhub up --demo

# Each stamp is newer than what it was made from, so that a second run installs and builds nothing.
$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
		{ echo "Python 3.11 or newer is needed: sudo apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "python3 -m venv does not work here: sudo apt-get install python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.lock: $(VENV)/.python requirements.txt
	@echo "installing the libraries (about a minute, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.project: $(VENV)/.lock pyproject.toml hatch_build.py $(FRONT) $(WORDS)
	@echo "building the pages and installing readhub (about two minutes, once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.project requirements-test.txt
	@echo "installing what the tests need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	@touch $@

# Every check runs, also after one has failed; what pytest says stands last.
test: $(VENV)/.test $(VENV)/.ohif
	@failed=""; \
	for check in "ruff check" "ruff format --check" "mypy" "lint-imports" "python hatch_build.py run test" "$(PYTEST)"; do \
		echo "== $$check"; \
		$(BIN)/$$check || failed="$$failed [$$check]"; \
	done; \
	[ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }

# A viewer that others wrote, for the test that it shows what this hub serves.
$(VENV)/.ohif: $(VENV)/.test
	@echo "fetching OHIF $(OHIF) (50 MB, once)"
	@rm -rf $(VENV)/ohif && mkdir -p $(VENV)/ohif
	@$(BIN)/python hatch_build.py pack @ohif/app@$(OHIF) --pack-destination $(CURDIR)/$(VENV)/ohif
	@tar -xzf $(VENV)/ohif/ohif-app-$(OHIF).tgz -C $(VENV)/ohif
	@rm $(VENV)/ohif/ohif-app-$(OHIF).tgz
	@touch $@

# The long tests at their full length: hours, not minutes.
soak: $(VENV)/.ohif
	@READHUB_TEST_SOAK=1 READHUB_TEST_FUZZ_CASES=10000 READHUB_TEST_KILL_INSTANCES=200 READHUB_TEST_DATABASES=sqlite,postgresql \
		$(BIN)/$(PYTEST)

train-env: $(VENV)/.project
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.txt --editable '.[train]'

# onnxruntime and onnxruntime-gpu write into one import package: the first must go before the second comes.
gpu-env: $(VENV)/.project
	$(BIN)/python -m pip uninstall --yes --quiet onnxruntime onnxruntime-gpu
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'onnxruntime-gpu[cuda,cudnn]==1.31.*'

lock: $(VENV)/.test
	$(BIN)/$(LOCK) --output-file=requirements.txt pyproject.toml
	$(BIN)/$(LOCK) --output-file=requirements-test.txt requirements-test.in

wheel: $(VENV)/.test
	$(BIN)/python -m build --wheel

clean:
	rm -rf $(VENV) build dist web/static/dist web/frontend/node_modules hub/report/fonts
