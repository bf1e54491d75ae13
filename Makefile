# `make demo` and `make test` do all the set-up from Python 3.11 alone. PYTHON=... chooses another Python.
ifndef PYTHON
PYTHON := $(shell python3.11 -c 'import sys; print(sys.executable)' 2>/dev/null || command -v python3)
endif

MAIN := .venv/bin/python
ADDONS := .venv-addons/bin/python
MAIN_READY := .venv/ready
ADDONS_READY := .venv-addons/ready
BENCH := .venv-bench/bin/python
BENCH_READY := .venv-bench/ready
BENCH_PEERS := .venv-bench/peers
DIST := .venv-dist/bin/python
DIST_READY := .venv-dist/ready

# Processes that run the tests of the main stack.
WORKERS := 2

# TensorFlow 2.14 exists for no Python after 3.11.
NO_ADDONS := $(shell $(PYTHON) -c 'import sys; print("yes" if sys.version_info[:2] > (3, 11) else "")')
ADDONS_PART := $(if $(NO_ADDONS),,test-addons)

export TF_CPP_MIN_LOG_LEVEL := 3
export MPLBACKEND := Agg
export KERAS_BACKEND := tensorflow
unexport TF_USE_LEGACY_KERAS

.PHONY: help demo test quick lint ruff mypy spelling docs notebooks test-main test-addons house bench truth dist clean

help:
	@echo "make demo    train a small CNN on digits, explain it, write runs/demo"
	@echo "make test    ruff, mypy, spelling and the tests on both stacks (TensorFlow 2.21 + Keras 3, TensorFlow 2.14 + Keras 2)"
	@echo "make quick   the tests of the rooms changed since the last commit, or of FILES=\"kerasal/scores/loss.py …\""
	@echo "make lint    ruff, mypy and the spelling alone"
	@echo "make docs    the site, from docs/ and the docstrings: build/site/index.html"
	@echo "make notebooks   execute the notebooks of docs/notebooks and store what they show; NAMES=\"trust …\" some of them"
	@echo "make house   what the code measures beside what is wanted: sizes, imports, types, words, the walk of x"
	@echo "make bench   time and memory side by side with other ways"
	@echo "make truth   every method on tasks whose cause is known, over several trained networks: docs/truth.md"
	@echo "make dist    the wheel and the source distribution, checked and tried in a fresh environment: dist/"
	@echo "make clean   remove all that these wrote, virtual environments too"

demo: $(MAIN_READY)
	@$(MAIN) examples/demo.py

# Every part runs, also after one has failed; the second stack beside the first, its output shown when it is done.
test:
	@mkdir -p runs; failed=; \
	$(if $(ADDONS_PART),$(MAKE) --no-print-directory test-addons > runs/test-addons.log 2>&1 & second=$$!;) \
	for part in ruff mypy spelling test-main; do \
		echo "== $$part"; \
		$(MAKE) --no-print-directory $$part || failed="$$failed $$part"; \
	done; \
	$(if $(ADDONS_PART),echo "== test-addons"; wait $$second || failed="$$failed test-addons"; cat runs/test-addons.log;) \
	$(if $(NO_ADDONS),echo "== LEFT OUT: test-addons. The second stack needs Python 3.11 or older and $(PYTHON) is newer.";) \
	if [ -n "$$failed" ]; then echo "== FAILED:$$failed"; exit 1; fi; \
	echo "== all good:" ruff mypy spelling test-main $(ADDONS_PART)

# FILES="kerasal/scores/loss.py …": of these files in place of the changed ones.
quick: $(MAIN_READY)
	@$(MAIN) tests/quick.py $(FILES)

lint: ruff mypy spelling

ruff: $(MAIN_READY)
	@$(MAIN) -m ruff check .
	@$(MAIN) -m ruff format --check .

mypy: $(MAIN_READY)
	@$(MAIN) -m mypy

# Words that it does not know, and what is left alone, are in pyproject.toml.
spelling: $(MAIN_READY)
	@.venv/bin/typos

# A warning fails: a link that leads nowhere, a page in no list, a docstring that cannot be read.
docs: $(MAIN_READY)
	@$(MAIN) -m sphinx -b html -W --keep-going -q docs build/site
	@echo "The site: build/site/index.html"

# Pages show what is stored; tests hold it to what is executed.
notebooks: $(MAIN_READY)
	@$(MAIN) tests/instruments/notebook_run.py $(NAMES)

# WORKERS=4 on a larger machine; a file is the work of one.
test-main: $(MAIN_READY)
	@$(MAIN) -m pytest -n $(WORKERS) --dist loadfile

test-addons: $(ADDONS_READY)
	@$(ADDONS) -m pytest

house: $(MAIN_READY)
	@$(MAIN) benchmarks/house.py

# BENCH_ARGS=--quick for a short run, '--only training' for the cost of maps while a model trains alone; benchmarks/run.py --help.
bench: $(BENCH_PEERS)
	@$(BENCH) benchmarks/run.py $(BENCH_ARGS)

# TRUTH_ARGS=--quick for five minutes, '--only words' for one task, '--task FILE.csv.gz' for a file; benchmarks/truth/board.py --help.
truth: $(MAIN_READY)
	@$(MAIN) benchmarks/truth/board.py $(TRUTH_ARGS)

# KERASAL_URL=https://… where the files of the repository are served as they are: links and pictures on the page of an index lead there.
dist: $(DIST_READY)
	@rm -rf build dist runs/dist
	@$(DIST) -m build --no-isolation >/dev/null
	@$(DIST) -m twine check --strict dist/*
	@$(PYTHON) -m venv --clear .venv-dist/fresh
	@.venv-dist/fresh/bin/pip install -qq --disable-pip-version-check --constraint constraints/main.txt dist/*.whl
	@.venv-dist/fresh/bin/kerasal demo --out runs/dist
	@ls -l dist

clean:
	rm -rf .venv .venv-addons .venv-bench .venv-dist runs build dist kerasal.egg-info .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# $(call install,virtual environment,constraints,extras): the file `ready` is written last, so a failed install has none.
define install
	@$(PYTHON) -c 'import sys; sys.exit("kerasal is developed on Python 3.11 or newer. Received: " + sys.version.split()[0] + \
		". Choose another: make PYTHON=/path/to/python3.11" if sys.version_info < (3, 11) else 0)'
	@echo "Setting up $(1) from $(2): a few minutes, only once."
	@$(PYTHON) -m venv $(1)
	@$(1)/bin/python -m pip install -qq --disable-pip-version-check --constraint $(2) --upgrade pip setuptools
	@$(1)/bin/python -m pip install -qq --constraint $(2) --no-build-isolation --editable '.[$(3)]'
	@touch $@
endef

$(MAIN_READY): setup.py constraints/main.txt
	$(call install,.venv,constraints/main.txt,dev$(comma)docs$(comma)molecules$(comma)regions)

$(ADDONS_READY): setup.py constraints/addons.txt
	$(call install,.venv-addons,constraints/addons.txt,dev$(comma)addons$(comma)molecules$(comma)regions)

$(BENCH_READY): setup.py constraints/main.txt
	$(call install,.venv-bench,constraints/main.txt,dev$(comma)molecules$(comma)regions)

$(BENCH_PEERS): $(BENCH_READY) benchmarks/peers.txt benchmarks/peers_with_dependencies.txt
	@$(BENCH) -m pip install -qq --requirement benchmarks/peers_with_dependencies.txt
	@$(BENCH) -m pip install -qq --no-deps --requirement benchmarks/peers.txt
	@touch $@

$(DIST_READY): constraints/main.txt
	@$(PYTHON) -m venv .venv-dist
	@$(DIST) -m pip install -qq --disable-pip-version-check --constraint constraints/main.txt build twine setuptools wheel
	@touch $@

comma := ,
