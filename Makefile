# The pipeline as make targets: the manifest of each stage depends on the manifests of its inputs, so
# `make` resumes an interrupted run. `make help` lists the targets.

PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
CSTOOL ?= $(BIN)/cstool

# Variables of `make corpus`. WIKI: one or more database names. LANGUAGES: target languages.
# TITLES_FROM: pages (Wikidata and page dumps) or sql (the wikis' SQL tables).
WIKI          ?= enwiki
DATE          ?= 20261001
WIKIDATA_DATE ?= $(DATE)
LANGUAGES     ?= entitycs
TITLES_FROM   ?= pages
DUMPS         ?= dumps
WORK          ?= work/$(DATE)
CORPUS        ?= $(WORK)/corpus
MIRROR        ?= https://dumps.wikimedia.org
# Further options for all stages (-j 8 --quiet …), and for single commands.
RUN           ?=
DOWNLOAD      ?=
EXTRACT       ?=
SWITCH        ?=
SHARD         ?=

PAGES    = -$(DATE)-pages-articles-multistream.xml.bz2
TABLES   = $(foreach table,page page_props redirect,$(DUMPS)/%-$(DATE)-$(table).sql.gz)
WIKIDATA = $(DUMPS)/wikidata-$(WIKIDATA_DATE)-all.json.gz
MANIFEST = _manifest.json

.PHONY: help demo demo-training test test-fast test-peers test-lowest test-sanitize lint docs bench \
  corpus sample wheel sdist check-release clean FORCE
.SECONDARY:

help:
	@echo "make demo     run the pipeline on the bundled sample: corpus, counts, report"
	@echo "make demo-training"
	@echo "              run the demo and create training examples from its corpus"
	@echo "make test     run the tests (durations: CONTRIBUTING.md)"
	@echo "make test-fast"
	@echo "              run the unit tests only, in less than a minute"
	@echo "make test-peers"
	@echo "              run the tests with MariaDB, PyTorch, transformers and other corpus tools"
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
	@echo "make corpus WIKI=enwiki DATE=20261001 LANGUAGES=de,fr,zh"
	@echo "              build a corpus from the dumps in $(DUMPS)/, downloaded if missing."
	@echo "              WIKIDATA_DATE: if Wikidata has no dump of DATE (it has one each Monday:"
	@echo "              $(CSTOOL) download --wikidata --list)."
	@echo "              TITLES_FROM=sql: read the wikis' SQL tables, in minutes (docs/titles.md)."
	@echo "              -j2 runs two stages at a time, -n shows the commands only."
	@echo "              To replace a corpus in other LANGUAGES: SWITCH=--overwrite SHARD=--overwrite"

# ---- environment ----

$(BIN)/cstool: pyproject.toml setup.py $(wildcard cstool/*.h cstool/*/*.[ch])
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[report]'
	@touch $@

$(VENV)/.dev: pyproject.toml | $(BIN)/cstool
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# ---- the two commands of the README ----

demo: $(BIN)/cstool
	@$(MAKE) --no-print-directory corpus WIKI="enwiki jawiki" DATE=20261001 WORK=demo \
	  DUMPS=data/sample LANGUAGES=entitycs
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

# ---- tests: the markers `slow` and `peer` are set in tests/conftest.py ----

test: $(VENV)/.dev
	$(BIN)/pytest -m "not peer"

test-fast: $(VENV)/.dev
	$(BIN)/pytest -m "not slow and not peer" --durations 5

test-peers: $(VENV)/.dev
	$(BIN)/pytest -m peer

# The lowest versions that have a wheel for this Python, of packages that would take minutes to compile.
COMPILED = icu4py indexed-bzip2 isal msgspec mwparserfromhell numpy polars pyarrow pyyaml rensa \
  sentencex tokenizers vl-convert-python xxhash zstandard ahocorasick-rs pandas greenlet

.venv-lowest/.done: pyproject.toml setup.py $(wildcard cstool/*.h cstool/*/*.[ch])
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
	PYTHONPATH=build/tokenizers .venv-lowest/bin/pytest tests/masking tests/stages/mask

# In a copy: extensions that are built with sanitizers run only in a process that loads these first.
SANITIZED = build/sanitize
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
	  tests/wikitext/test_scan.py tests/wikitext/test_fast_path.py tests/dumps/test_xml_fast_path.py

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
	cd build/installed && bin/cstool --version && bin/python -c \
	  "from cstool.wikitext import _fast_path, _scan; from cstool.dumps import _xml_fast_path"
	$(MAKE) --no-print-directory corpus CSTOOL=$(CURDIR)/build/installed/bin/cstool \
	  WIKI=jawiki DATE=20261001 DUMPS=data/sample WORK=build/installed/demo

# The tag is the version, and the package's text names the index.
check-release: $(BIN)/cstool
	$(BIN)/python -m scripts.check.release $(TAG)

sample: $(BIN)/cstool
	$(BIN)/python -m scripts.data.make_sample

clean:
	rm -rf demo build dist docs/_build .mypy_cache .pytest_cache .ruff_cache .hypothesis

# ---- the pipeline ----

corpus: $(CORPUS)/$(MANIFEST)

$(WORK)/entities/$(MANIFEST): $(WIKIDATA) | $(CSTOOL)
	$(CSTOOL) entities $< -o $(@D) $(RUN) && touch $@

ifeq ($(TITLES_FROM),sql)
$(WORK)/%/titles/$(MANIFEST): $(TABLES) $(WORK)/options/titles | $(CSTOOL)
	$(CSTOOL) titles --wiki $* --sql-page $< --sql-props $(word 2,$^) \
	  --sql-redirect $(word 3,$^) -o $(@D) $(RUN) && touch $@
else ifeq ($(TITLES_FROM),pages)
$(WORK)/%/titles/$(MANIFEST): $(WORK)/entities/$(MANIFEST) $(DUMPS)/%$(PAGES) \
  $(WORK)/options/titles | $(CSTOOL)
	$(CSTOOL) titles --wiki $* --entities $(<D) --pages $(word 2,$^) -o $(@D) $(RUN) \
	  && touch $@
else
$(error TITLES_FROM=$(TITLES_FROM): give pages or sql)
endif

$(WORK)/%/sentences/$(MANIFEST): $(DUMPS)/%$(PAGES) $(WORK)/options/extract | $(CSTOOL)
	$(CSTOOL) extract $< -o $(@D) $(RUN) $(EXTRACT) && touch $@

$(WORK)/%/linked/$(MANIFEST): $(WORK)/%/sentences/$(MANIFEST) $(WORK)/%/titles/$(MANIFEST)
	$(CSTOOL) link $(<D) --titles $(lastword $(^D)) -o $(@D) $(RUN) && touch $@

$(WORK)/%/switched/$(MANIFEST): $(WORK)/%/linked/$(MANIFEST) $(WORK)/entities/$(MANIFEST) \
  $(WORK)/options/switch
	$(CSTOOL) switch $(<D) --entities $(WORK)/entities --languages $(LANGUAGES) -o $(@D) \
	  $(RUN) $(SWITCH) && touch $@

SWITCHED = $(foreach wiki,$(WIKI),$(WORK)/$(wiki)/switched/$(MANIFEST))
$(CORPUS)/$(MANIFEST): $(SWITCHED) $(WORK)/options/shard
	$(CSTOOL) shard $(patsubst %/$(MANIFEST),%,$(SWITCHED)) -o $(@D) $(RUN) $(SHARD) && touch $@

# Not to be deleted by make on errors: cstool writes a manifest last, and atomically.
.PRECIOUS: $(WORK)/entities/$(MANIFEST) $(CORPUS)/$(MANIFEST) \
  $(foreach stage,titles sentences linked switched,$(WORK)/%/$(stage)/$(MANIFEST))

# The options of each stage, in a file that changes with them, so that make runs the stage again;
# the stage then finds that nothing is to do, or reports that the folder has other options.
$(WORK)/options/titles: OPTIONS = $(TITLES_FROM)
$(WORK)/options/extract: OPTIONS = $(EXTRACT)
$(WORK)/options/switch: OPTIONS = $(LANGUAGES) $(SWITCH)
$(WORK)/options/shard: OPTIONS = $(WIKI) $(SHARD)
$(WORK)/options/%: FORCE
	@mkdir -p $(@D); [ -e $@ ] && [ "$$(cat $@)" = "$(strip $(OPTIONS))" ] \
	  || echo "$(strip $(OPTIONS))" > $@

# ---- missing dumps ----

# One call downloads all of them; a second call of `make -j` waits for the first.
# A file with its final name is complete, so make must not delete it when another one fails.
SQL     = $(filter sql,$(TITLES_FROM))
FETCHED = $(WIKIDATA) $(foreach wiki,$(WIKI),$(DUMPS)/$(wiki)$(PAGES) \
  $(if $(SQL),$(subst %,$(wiki),$(TABLES))))
.PRECIOUS: $(FETCHED)
$(FETCHED): | $(CSTOOL)
	$(CSTOOL) download $(WIKI) --wikidata --date $(DATE) --wikidata-date $(WIKIDATA_DATE) \
	  $(SQL:%=--%) --mirror $(MIRROR) -o $(DUMPS) $(DOWNLOAD)
