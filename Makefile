# `make help` lists the targets. Those of the pipeline are in cstool/pipeline/corpus.mk.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
CSTOOL ?= $(BIN)/cstool

OTHER_GOALS = demo demo-training demo-words demo-leia demo-comparable demo-mixtures test test-fast \
  test-peers peers test-lowest test-sanitize lint docs bench sample wheel sdist check-release clean
.PHONY: $(OTHER_GOALS)

help::
	@echo "make demo     run the pipeline on the bundled sample: corpus, counts, report"
	@echo "make demo-training"
	@echo "              run the demo and create training examples from its corpus"
	@echo "make demo-words"
	@echo "              switch entities and words of the sample, by the names of the entities"
	@echo "make demo-leia, make demo-comparable"
	@echo "              build the corpora of make leia and make comparable from the sample"
	@echo "make demo-mixtures"
	@echo "              mix training sets from the sample, as text and as tokens"
	@echo "make test     run the tests (durations: CONTRIBUTING.md)"
	@echo "make test-fast"
	@echo "              run the unit tests only, in less than a minute"
	@echo "make test-peers"
	@echo "              run the tests with MariaDB, PyTorch, transformers and other corpus tools"
	@echo "make peers    install corpus tools for these tests in build/peers"
	@echo "make test-lowest"
	@echo "              run the tests with the lowest dependencies that pyproject.toml allows"
	@echo "make test-sanitize"
	@echo "              test the C extensions with address and undefined-behavior sanitizers"
	@echo "make lint     check style, types, spelling, and the direction of imports"
	@echo "make docs     build the documentation as HTML in docs/_build/html"
	@echo "make bench    measure the throughput of each stage"
	@echo "make sample   build data/sample from its sources"
	@echo "make wheel    build a wheel in dist/, install it in a new environment and try it there"
	@echo "make sdist    build the source distribution in dist/"

# ---- environment ----

$(BIN)/cstool: pyproject.toml setup.py $(wildcard cstool/*.h cstool/*/*.[ch] cstool/*/*/*.c)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[lua,report]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/cstool
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# ---- the two commands of the README ----

SAMPLE = WIKI="enwiki jawiki swwiki" DATE=20261001 WORK=demo DUMPS=data/sample
demo: $(BIN)/cstool
	@$(MAKE) --no-print-directory corpus $(SAMPLE) LANGUAGES=entitycs
	@echo; $(CSTOOL) stats demo/corpus -n 10
	@echo "To see all languages, run $(CSTOOL) stats demo/corpus"
	@echo; $(BIN)/python -m scripts.check.excerpt demo/corpus
	@echo; $(CSTOOL) report demo/corpus -o demo/report.html --entities demo/entities --work demo
	@echo; echo "The corpus is in demo/corpus; its README.md shows how to open it."
	@echo "For the report, open demo/report.html in a browser."

$(VENV)/.mask: pyproject.toml | $(BIN)/cstool
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[mask]'
	@touch $@

demo-training: demo $(VENV)/.mask
	@[ -e demo/tokenizer.json ] || \
	  $(BIN)/python -m scripts.train.train_tokenizer demo/corpus demo/tokenizer.json
	$(CSTOOL) mask demo/corpus --tokenizer demo/tokenizer.json --strategy wep+mlm -o demo/examples
	@echo; $(BIN)/python -m scripts.train.show_masking demo/corpus demo/tokenizer.json
	@echo; echo "The examples are in demo/examples; docs/training.md shows how to train on them."

demo-words: $(BIN)/cstool
	@$(MAKE) --no-print-directory corpus $(SAMPLE) WORK=demo/words LANGUAGES=de,en,fr,ja,sw \
	  WORDS=lexicon
	@echo; $(CSTOOL) stats demo/words/lexicon
	@echo; $(CSTOOL) stats demo/words/corpus
	@echo; echo "The corpus is in demo/words/corpus; docs/recipes.md compares methods."

demo-leia: $(BIN)/cstool
	@$(MAKE) --no-print-directory leia $(SAMPLE)
	@echo; $(CSTOOL) show demo/swwiki/leia --title Fidla
	@echo; echo "The corpora are in demo/jawiki/leia and demo/swwiki/leia."

demo-comparable: $(BIN)/cstool
	@$(MAKE) --no-print-directory comparable $(SAMPLE)
	@echo; $(CSTOOL) stats demo/comparable
	@echo; echo "The pages are in demo/comparable; docs/pairing.md describes the columns."

MIXTURES_OF_SAMPLE = mix-leia mix-crossic-pt mix-cscl $(SAMPLE) WIKI="enwiki jawiki"
demo-mixtures: $(BIN)/cstool $(VENV)/.mask
	@$(MAKE) --no-print-directory $(MIXTURES_OF_SAMPLE)
	@[ -e demo/mixtures/tokenizer.json ] || $(BIN)/python -m scripts.train.train_tokenizer \
	  demo/mixtures/cscl demo/mixtures/tokenizer.json --special '<translate>' '</translate>'
	@$(MAKE) --no-print-directory $(MIXTURES_OF_SAMPLE) FORMAT=tokens PACK=256 \
	  TOKENIZER=demo/mixtures/tokenizer.json
	@echo; echo "The mixtures are in demo/mixtures; docs/recipes.md shows how to train on them."

# ---- tests: the markers `slow` and `peer` are set in tests/conftest.py ----

test: $(VENV)/.dev
	$(BIN)/pytest -m "not peer"

test-fast: $(VENV)/.dev
	$(BIN)/pytest -m "not slow and not peer" --durations 5

test-peers: $(VENV)/.dev
	$(BIN)/pytest -m peer

# Programs whose dependencies exclude ours, each in an environment of its own.
PEERS = dolma==1.2.1
peers: $(foreach peer,$(PEERS),build/peers/$(firstword $(subst ==, ,$(peer)))/.done)

build/peers/%/.done:
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/bin/pip install --quiet --disable-pip-version-check uv
	VIRTUAL_ENV=$(@D) $(@D)/bin/uv pip install --quiet '$(filter $*==%,$(PEERS))'
	@touch $@

# The lowest versions that have a wheel for this Python, of packages that would take minutes to compile.
COMPILED = icu4py indexed-bzip2 isal msgspec mwparserfromhell numpy polars pyarrow pyyaml rensa \
  sentencex tokenizers vl-convert-python xxhash zstandard ahocorasick-rs pandas greenlet

.venv-lowest/.done: pyproject.toml setup.py $(wildcard cstool/*.h cstool/*/*.[ch] cstool/*/*/*.c)
	$(PYTHON) -m venv --clear .venv-lowest
	.venv-lowest/bin/pip install --quiet --disable-pip-version-check uv
	VIRTUAL_ENV=.venv-lowest .venv-lowest/bin/uv pip install --quiet --resolution lowest-direct \
	  $(COMPILED:%=--only-binary %) --editable '.[dev]'
	@touch $@

# huggingface_hub needs a newer tokenizers than `mask` does: that one's floor is tested apart.
TOKENIZERS = $(shell grep -o 'tokenizers>=[0-9.]*' pyproject.toml)
test-lowest: .venv-lowest/.done
	CSTOOL_LOWEST=1 .venv-lowest/bin/pytest -m "not peer"
	rm -rf build/tokenizers
	.venv-lowest/bin/uv pip install --quiet --resolution lowest-direct --no-deps \
	  --target build/tokenizers '$(TOKENIZERS)'
	PYTHONPATH=build/tokenizers .venv-lowest/bin/pytest tests/masking tests/formats tests/stages/mask \
	  tests/stages/shard/test_token_formats.py

# In a copy: extensions that are built with sanitizers run only in a process that loads these first.
SANITIZED = build/sanitize
COMPILED_TESTS = \
  tests/arrays/test_replaced.py \
  tests/dumps/test_item_columns.py \
  tests/dumps/test_xml_fast_path.py \
  tests/languages/test_beside.py \
  tests/storage/test_label_lookup.py \
  tests/wikitext/test_boundaries.py \
  tests/wikitext/test_doubtful_stops.py \
  tests/wikitext/test_fast_path.py \
  tests/wikitext/test_lines.py \
  tests/wikitext/test_scan.py \
  tests/wikitext/test_sentence_columns.py

test-sanitize: $(VENV)/.dev
	rm -rf $(SANITIZED) && mkdir -p $(SANITIZED)/source
	cp -R pyproject.toml setup.py README.md LICENSE cstool $(SANITIZED)/source
	find $(SANITIZED)/source -name '*.so' -delete
	CSTOOL_SANITIZE=address,undefined $(BIN)/pip install --quiet --disable-pip-version-check \
	  --no-deps --target $(SANITIZED) $(SANITIZED)/source
	cp -R pyproject.toml tests data $(SANITIZED)
	cd $(SANITIZED) && env PYTHONMALLOC=malloc ASAN_OPTIONS=detect_leaks=0 \
	  UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
	  LD_PRELOAD="$$($(CC) -print-file-name=libasan.so) $$($(CC) -print-file-name=libubsan.so)" \
	  $(abspath $(BIN))/python -m pytest -n 0 \
	  $(COMPILED_TESTS)

lint: $(VENV)/.dev
	$(BIN)/codespell
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m scripts.data.make_sample --check

docs: $(VENV)/.dev
	$(BIN)/python -m sphinx -q -W -b html docs docs/_build/html

bench: $(VENV)/.dev
	$(BIN)/python -m scripts.bench.stages

# ---- distributions ----

build/venv/.done:
	$(PYTHON) -m venv --clear build/venv
	build/venv/bin/pip install --quiet --disable-pip-version-check build
	@touch $@

sdist: build/venv/.done
	build/venv/bin/pyproject-build --sdist --outdir dist

# From the source distribution: what that lacks, a wheel made from it on another machine lacks, too.
wheel: build/venv/.done
	rm -rf dist build/installed
	build/venv/bin/pyproject-build --outdir dist
	$(PYTHON) -m venv build/installed
	build/installed/bin/pip install --quiet --disable-pip-version-check \
	  "$$(ls $(CURDIR)/dist/*.whl)[report]"
	$(PYTHON) -m scripts.check.wheel dist/*.whl
	cd build/installed && bin/cstool --version && \
	  bin/python $(CURDIR)/scripts/check/extensions.py
	$(MAKE) --no-print-directory corpus CSTOOL=$(CURDIR)/build/installed/bin/cstool \
	  WIKI=jawiki DATE=20261001 DUMPS=data/sample WORK=build/installed/demo
	build/installed/bin/cstool init build/installed/corpus --wiki jawiki --languages entitycs \
	  --date 20261001
	ln -s $(CURDIR)/data/sample build/installed/corpus/dumps
	$(MAKE) --no-print-directory -C build/installed/corpus corpus
	diff -r --exclude _timings.json build/installed/demo/corpus \
	  build/installed/corpus/work/20261001/corpus

# The tag is the version, and the package's text names the index.
check-release: $(BIN)/cstool
	$(BIN)/python -m scripts.check.release $(TAG)

sample: $(BIN)/cstool
	$(BIN)/python -m scripts.data.make_sample

clean:
	rm -rf demo build dist docs/_build .mypy_cache .pytest_cache .ruff_cache .hypothesis

# ---- the pipeline ----

# Installed before a stage runs.
INSTALLED = $(filter $(BIN)/cstool,$(CSTOOL))
include cstool/pipeline/corpus.mk
