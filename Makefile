# Every target sets up by itself: `make translate` and `make test` work on a fresh clone.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
UV := build/uv/bin/uv
TORCH := .venv-torch

TEXT ?=
MINUTES ?= 60
CORPUS ?= phrasebook
SEEDS ?= 1 2 3
UPGRADE ?=
LESSON ?=
ALL ?=

LESSONS := $(wildcard lessons/*.ipynb)
PYTEST = $(BIN)/python -m pytest
# Two processes, always: first one a backend, each with the tests of every backend; then
# two that share what is tested on TensorFlow alone.
BACKENDS = --half every-backend --dist each $(foreach backend,tensorflow jax,\
  --tx popen//id=$(backend)//env:KERAS_BACKEND=$(backend))
ALONE = --half tensorflow -n 2 --dist loadfile

export TEXT
# TensorFlow's start-up lines say nothing about attention.
export TF_CPP_MIN_LOG_LEVEL = 3

.PHONY: help translate test test-torch test-browser quick soak lint lab fresh site pdf \
  lessons scoreboard format phrasebook results ecosystem-laws requirements guarantees \
  audit benchmarks-gpu clean

help:
	@echo "make translate [TEXT=\"…\"]  train the first translator and translate with it"
	@echo "make test                  lint, tests and lessons"
	@echo "make quick                 a part of the tests, within a minute"
	@echo "make soak [MINUTES=60]     kill runs, fill disks and damage files for an hour"
	@echo "make lint                  lint alone"
	@echo "make test-torch            the tests of layers, models and training on PyTorch"
	@echo "make test-browser          the site and the lessons in a real browser"
	@echo "make lab                   JupyterLab on copies of the lessons, in work/"
	@echo "make fresh LESSON=03       bring a lesson back as it came"
	@echo "make site                  the site, in build/site/index.html"
	@echo "make pdf                   the course as one document, build/course.pdf"
	@echo "make lessons               run every lesson and store what it shows"
	@echo "make scoreboard [CORPUS=…] train and measure what the scoreboard still lacks"
	@echo "make format                format the code"
	@echo "make phrasebook            generate the embedded corpus anew"
	@echo "make results               write the pages' tables anew from results/"
	@echo "make ecosystem-laws        ask anew which laws the layers of others hold"
	@echo "make benchmarks-gpu        measure on a GPU, in minutes, with the JAX that is there"
	@echo "make requirements          pin the dependencies anew from pyproject.toml"
	@echo "make guarantees            write docs/guarantees.md anew"
	@echo "make audit                 look the pinned packages up among known weaknesses"
	@echo "make clean                 remove the environment and all that was built"

SUPPORTED = import sys; v = sys.version_info[:2]; sys.exit(None if (3, 11) <= v <= (3, 13) \
  else "Python 3.11, 3.12 or 3.13 is needed, got %d.%d; choose one with PYTHON=…" % v)

# uv is faster. Pip has the last word: it knows of the index, or of the folder of wheels,
# that somebody has told it of.
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check

# The stamp is written last: an installation that was interrupted is begun again.
$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c '$(SUPPORTED)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) uv || true
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python \
	  -r requirements.txt || $(PIP) -r requirements.txt
	$(PIP) --no-deps --editable .
	@touch $(READY)

translate: $(READY)
	@$(BIN)/keras-transformer demo $(if $(TEXT),--text "$$TEXT")

# What is promised, with the test that proves it: tests/guarantees.py.
guarantees: $(READY)
	cd tests && PYTHONPATH=.. $(CURDIR)/$(BIN)/python -m guarantees

# Asks a public database of advisories about every pin; it is not reachable offline.
audit: build/audit/bin/pip-audit
	build/audit/bin/pip-audit --requirement requirements.txt --no-deps --disable-pip \
	  || { echo "make audit: a pin has a known weakness, or the database" \
	  "could not be reached (is there a network?); see above" >&2; exit 1; }

build/audit/bin/pip-audit:
	$(PYTHON) -m venv build/audit
	build/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit

lint: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

# Two lessons at a time share two cores: a thread each, more would wait for one another.
ONE_THREAD = TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1

# What runs notebooks takes seconds to load.
test: lint
	$(PYTEST) -p no:nbval $(BACKENDS) --ignore tests/browser
	$(PYTEST) -p no:nbval $(ALONE) --ignore tests/browser
	$(BROWSER)
	$(if $(LESSONS),$(ONE_THREAD) $(PYTEST) -n 2 --dist loadfile --nbval-lax $(LESSONS))

# Skipped, with a message, where there is no browser. ALL=1 runs every lesson in it. The
# tests of JupyterLab take longest: they are begun early, whatever their number.
BROWSER = KERAS_TRANSFORMER_ALL_LESSONS=$(ALL) $(ONE_THREAD) $(PYTEST) -p no:nbval \
  -n 2 --dist loadfile --no-loadscope-reorder --confcutdir tests/browser tests/browser

test-browser: $(READY)
	$(BROWSER)

# A part of the tests that touches every room: tests/quick.py.
quick: $(READY)
	$(PYTEST) -m quick -p no:nbval

# What was killed, filled and damaged goes to results/soak.json: tests/soak.
soak: $(READY)
	cd tests && PYTHONPATH=.. $(CURDIR)/$(BIN)/python -m soak $(MINUTES)

# One version to the digit: any other may be a build for a GPU, of several gigabytes.
TORCH_VERSION = 2.13.0

# What those tests import, without TensorFlow, in the versions of requirements.txt. JAX
# opens what PyTorch saved, and the other way round.
NEEDED_ON_TORCH = keras numpy jax sacrebleu tqdm hypothesis pytest pytest-xdist

$(TORCH)/.ready: requirements.txt pyproject.toml
	@$(PYTHON) -c '$(SUPPORTED)'
	test -x $(TORCH)/bin/python || $(PYTHON) -m venv $(TORCH)
	$(TORCH)/bin/python -m pip install --quiet --disable-pip-version-check \
	  -c requirements.txt torch==$(TORCH_VERSION) $(NEEDED_ON_TORCH)
	$(TORCH)/bin/python -m pip install --quiet --disable-pip-version-check \
	  --no-deps --editable .
	@touch $@

# Two processes, a thread each: more threads would wait for one another.
test-torch: $(TORCH)/.ready
	KERAS_BACKEND=torch OMP_NUM_THREADS=1 $(TORCH)/bin/python -m pytest -n 2

lab: $(READY)
	@$(BIN)/keras-transformer lab

fresh: $(READY)
	@$(BIN)/keras-transformer lab --fresh $(LESSON)

# From what is stored: nothing is run, nothing is fetched.
site: $(READY)
	$(BIN)/python docs/site

pdf: $(READY)
	$(BIN)/python docs/site pdf

# Runs every notebook from top to bottom, in place.
lessons: $(READY)
	$(BIN)/python lessons/links.py
	$(BIN)/python lessons/execute.py
	$(BIN)/python -m keras_transformer.course.claims

# What has a result file is not run again; an interrupted run goes on.
scoreboard: $(READY)
	$(BIN)/python -m keras_transformer.course.scoreboard --corpus $(CORPUS) --seeds $(SEEDS)
	$(BIN)/python -m keras_transformer.course.scoreboard.pages

format: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

phrasebook: $(READY)
	$(BIN)/python -m keras_transformer.course.phrasebook data/phrasebook

# The tables of README, SCOREBOARD and results/README, from the files in results/.
results: $(READY)
	$(BIN)/python -m keras_transformer.course.scoreboard.report
	$(BIN)/python -m keras_transformer.course.scoreboard.pages

# What the attention of other packages holds and breaks: on each backend what is there.
ecosystem-laws: $(READY)
	cd tests && $(abspath $(BIN)/python) -m ecosystem

# A machine with a GPU brings Keras and JAX along; nothing is installed there.
benchmarks-gpu:
	KERAS_BACKEND=jax $(PYTHON) -m benchmarks.gpu

# One resolution for all supported versions of Python and systems. Pins that still fit
# stay as they are; `make requirements UPGRADE=--upgrade` takes the newest.
$(UV):
	$(PYTHON) -m venv build/uv
	build/uv/bin/python -m pip install --quiet --disable-pip-version-check uv

requirements: $(UV)
	$(UV) pip compile --quiet --universal --python-version 3.11 \
	  --extra all --extra dev --extra site $(UPGRADE) \
	  --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make requirements" \
	  --output-file requirements.txt pyproject.toml

clean:
	rm -rf $(VENV) $(TORCH) build dist *.egg-info .pytest_cache .ruff_cache .hypothesis runs
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
