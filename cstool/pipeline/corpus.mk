# The pipeline as make targets: the manifest of each stage depends on the manifests of its inputs,
# so `make` resumes an interrupted run. Included by the Makefile of a clone and by those that
# `cstool init` writes. Uses no feature that is newer than GNU make 3.81; tested with 4.3.

PIPELINE := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
MANIFEST = _manifest.json

# WIKI: one or more database names. LANGUAGES: target languages.
# SOURCE of the pages: dumps (XML dumps), content (content exports), auto (the newer of the two).
# ENTITIES: dump (Wikidata's dump) or live (its API, for the linked items only).
# TITLES_FROM: pages (Wikidata's and the page dumps) or sql (the wikis' SQL tables).
# WIKIDATA_DATE: empty for DATE, or the nearest date with a dump.
CSTOOL        ?= cstool
WIKI          ?= enwiki
DATE          ?= 20261001
WIKIDATA_DATE ?=
LANGUAGES     ?= entitycs
SOURCE        ?= auto
ENTITIES      ?= dump
TITLES_FROM   ?= $(if $(filter live,$(ENTITIES)),sql,pages)
CONTACT       ?=
DUMPS         ?= dumps
WORK          ?= work/$(DATE)
CORPUS        ?= $(WORK)/corpus
COMPARABLE    ?= $(WORK)/comparable
TRANSLICO     ?= $(WORK)/translico
# Dictionaries of words to switch: `lexicon` for the one that is made of the entities, or paths.
WORDS         ?=
MIRROR        ?= https://dumps.wikimedia.org
API           ?=
# Further options for all stages (-j 8 --quiet …), and for single commands. PAGES: of `extract --unit
# page`, LEIA: of `switch --recipe leia`.
RUN           ?=
DOWNLOAD      ?=
EXTRACT       ?=
PAGES         ?= --all-sentences
SWITCH        ?=
LEIA          ?=
SHARD         ?=
PAIR          ?=
LEXICON       ?=
ROMANIZE      ?=
# The folder with the batch files, the number of tasks of an array, and options of sbatch.
SLURM_JOBS     ?= $(PIPELINE)/slurm
TASKS          ?= 8
SBATCH_OPTIONS ?=

.PHONY: help corpus lexicon romanized translico leia comparable inputs slurm FORCE
.SECONDARY:

help::
	@echo "make corpus WIKI=swwiki LANGUAGES=en,fr ENTITIES=live"
	@echo "              build a corpus from the dumps in $(DUMPS)/, downloaded if missing."
	@echo "              DATE=20261001: date of the dumps; latest: of the newest finished ones."
	@echo "              WIKIDATA_DATE: date of Wikidata's dump; empty: DATE, or the nearest to it."
	@echo "              ENTITIES=live: ask Wikidata's API for the linked items, instead of reading"
	@echo "              its dump (150 GB)."
	@echo "              SOURCE=content: download content exports; dumps: XML dumps."
	@echo "              TITLES_FROM=sql: read the wikis' SQL tables, in minutes."
	@echo "              -j2 runs two stages at a time, -n shows the commands only."
	@echo "              To replace a corpus in other LANGUAGES: SWITCH=--overwrite SHARD=--overwrite,"
	@echo "              with ENTITIES=live: RUN=--overwrite"
	@echo "              WORDS=muse/en-fr.txt: also switch words by a dictionary, a file or a folder;"
	@echo "              WORDS=lexicon: by the names of the entities. SWITCH=\"--recipe cosda\": only"
	@echo "              words, as CoSDA-ML does"
	@echo "make lexicon  write the names of the entities as a dictionary, in $(WORK)/lexicon."
	@echo "              LEXICON_LANGUAGES: languages of the names; LEXICON: further options"
	@echo "make romanized"
	@echo "              write the switched rows with their text in Latin letters, in"
	@echo "              $(WORK)/WIKI/romanized. ROMANIZE: further options of romanize"
	@echo "make translico"
	@echo "              write them as pairs for TransliCo, in $(TRANSLICO)"
	@echo "make leia WIKI=\"jawiki swwiki\""
	@echo "              build a corpus of pages with English names beside half of their links, in"
	@echo "              $(WORK)/WIKI/leia for each wiki that is not English."
	@echo "              LEIA=\"--passes 3\": further options of switch; PAGES: of extract"
	@echo "make comparable WIKI=\"enwiki jawiki swwiki\""
	@echo "              put the pages about an entity in these wikis side by side, in $(COMPARABLE)."
	@echo "              PAIR=\"--window 12000\": further options of pair; PAGES: of extract"
	@echo "make inputs   download the dumps, and write their paths to $(WORK)/inputs/"
	@echo "make slurm    build the corpus with Slurm, in job arrays of TASKS=$(TASKS) tasks"

# ---- values that cannot be used ----

# $(call one_word,NAME,WHAT): an error unless the variable NAME is one word;
# $(call one_of,NAME,VALUES,WHAT): unless it is one of the words VALUES. WHAT: what to give.
comma := ,
is_word  = $(filter 1,$(words $($(1))))
one_word = $(if $(is_word),,$(error $(1)=$($(1)): give $(2)))
one_of   = $(if $(and $(is_word),$(filter $(2),$($(1)))),,$(error $(1)=$($(1)): give $(3)))

# Only for goals that may be of the pipeline: OTHER_GOALS are those of the Makefile that are not.
GOALS := $(filter-out help $(OTHER_GOALS),$(or $(MAKECMDGOALS),$(.DEFAULT_GOAL)))
ifneq ($(GOALS),)
ifeq ($(strip $(WIKI)),)
$(error WIKI is empty: give the database name of a wiki, such as swwiki)
endif
$(call one_word,LANGUAGES,codes and commas without spaces (en$(comma)fr)$(comma) or entitycs)
$(call one_word,DATE,a date such as 20261001$(comma) or latest)
$(foreach name,DUMPS WORK CORPUS COMPARABLE TRANSLICO,$(call one_word,$(name),a path without spaces))
$(call one_of,SOURCE,auto dumps content,auto$(comma) dumps or content)
$(call one_of,ENTITIES,dump live,dump or live)
$(call one_of,TITLES_FROM,pages sql,pages or sql)
ifeq ($(ENTITIES) $(TITLES_FROM),live pages)
$(error ENTITIES=live needs TITLES_FROM=sql: titles from pages are read from Wikidata's dump)
endif
endif

# What the goals read and write. Those of ENGLISH_NAMES put English names into the pages of the other
# wikis; those of PAIRED put pages side by side, and read items only for titles from pages.
MIXED         := $(filter mix-%,$(GOALS))
ENGLISH_NAMES := $(filter leia mix-leia mix-cscl,$(GOALS))
PAIRED        := $(filter comparable mix-crossic-pt mix-crossic-pt-control mix-cscl,$(GOALS))
DOCUMENTS     := $(sort $(ENGLISH_NAMES) $(PAIRED) $(MIXED))
OTHERS        := $(filter-out $(DOCUMENTS),$(GOALS))
LEIA_WIKIS    := $(filter-out enwiki simplewiki,$(WIKI))
READ_WIKIS    := $(if $(filter-out leia mix-leia,$(GOALS)),$(WIKI),$(LEIA_WIKIS))
ifneq ($(ENGLISH_NAMES),)
$(if $(LEIA_WIKIS),,$(error WIKI=$(WIKI): $(firstword $(ENGLISH_NAMES)) needs a wiki in another \
  language than English))
endif
ifneq ($(PAIRED),)
$(if $(word 2,$(WIKI)),,$(error WIKI=$(WIKI): $(firstword $(PAIRED)) needs two or more wikis))
endif

# Empty, or the value: for $(if), and for $(LIVE:live=TEXT), which is TEXT or empty.
LIVE := $(filter live,$(ENTITIES))
SQL  := $(filter sql,$(TITLES_FROM))
# $(call content,FILE): the words of a file, none if it does not exist.
content = $(if $(wildcard $(1)),$(shell cat $(1)))
# $(call quoted,TEXT): one word of the shell.
quoted = '$(subst ','\'',$(strip $(1)))'
contact_option = $(if $(CONTACT),--contact $(call quoted,$(CONTACT)))

# ---- words of dictionaries ----

# Source languages of the wikis; of others than Wikipedias, give LEXICON_LANGUAGES.
languages_of       = $(sort $(patsubst simple,en,$(patsubst %wiki,%,$(1))))
space             := $(subst ,, )
LEXICON_LANGUAGES ?= $(subst $(space),$(comma),$(strip $(call languages_of,$(WIKI)) $(LANGUAGES)))
# $(call word_options,FOLDER): the options for WORDS; FOLDER: of the lexicon.
word_options = $(patsubst %,--words %,$(patsubst lexicon,$(1),$(WORDS)))
# $(call words_read,FOLDER): the files that they read, as prerequisites.
words_in   = $(foreach word,$(filter-out lexicon,$(WORDS)),$(lastword $(subst =, ,$(word))))
words_dirs = $(patsubst %/.,%,$(wildcard $(addsuffix /.,$(words_in))))
words_read = $(if $(filter lexicon,$(WORDS)),$(1)/$(MANIFEST)) \
  $(wildcard $(filter-out $(words_dirs),$(words_in)) $(words_dirs:=/$(MANIFEST)))
# Not empty if only words are switched, for which `switch` takes no entities.
ONLY_WORDS := $(if $(WORDS),$(or $(findstring --switch-rate 0 ,$(SWITCH) ),$(findstring \
  --recipe cosda,$(SWITCH)),$(findstring --recipe prealign,$(SWITCH))))
SWITCH_READS = $(if $(ONLY_WORDS),,--entities $(WORK)/entities) $(call word_options,$(WORK)/lexicon)

# ---- the options of each stage ----

# They are kept in a file that changes with them, so that make runs the stage again; the stage then
# finds that nothing is to do, or reports that the folder has other options.
OPTIONS_inputs   = $(DATE) $(WIKIDATA_DATE) $(SOURCE)
OPTIONS_dumps    = $(DUMPS)
OPTIONS_entities = $(ENTITIES) $(LIVE:live=$(LANGUAGES))
OPTIONS_titles   = $(TITLES_FROM)
OPTIONS_extract  = $(EXTRACT)
OPTIONS_switch   = $(LANGUAGES) $(SWITCH) $(WORDS)
OPTIONS_lexicon  = $(LEXICON_LANGUAGES) $(LEXICON)
OPTIONS_romanize = $(ROMANIZE)
OPTIONS_translico = $(WIKI) $(SHARD)
OPTIONS_shard    = $(WIKI) $(SHARD)
OPTIONS_pages      = $(PAGES)
OPTIONS_leia       = $(LEIA)
OPTIONS_documents  = $(SHARD)
OPTIONS_comparable = $(WIKI) $(PAIR)
# With ENTITIES=live, the items of pages, in all languages, are not those of `make corpus`.
OPTIONS_page-entities = $(ENTITIES)
OPTIONS = $(WORK)/options
OF_SENTENCES = entities extract switch shard $(if $(filter lexicon,$(GOALS) $(WORDS)),lexicon) \
  $(if $(filter romanized translico,$(GOALS)),romanize translico)
OF_DOCUMENTS = pages $(if $(LIVE),page-entities,entities) leia documents comparable \
  $(if $(MIXED),$(OF_MIXTURES))

LINKED_PAGES  = $(LEIA_WIKIS:%=$(WORK)/%/linked-pages)
PAGE_ENTITIES = $(WORK)/$(LIVE:live=page-)entities
PAGE_FOLDERS  = $(WIKI:%=$(WORK)/%/pages)
PAGE_TITLES   = $(WIKI:%=$(WORK)/%/titles)
include $(PIPELINE)/mixtures.mk

# $(call differ,A,B): empty if the texts are equal: then removing A from B leaves nothing. The `x`
# are for texts that are empty or begin in the same way.
differ  = $(subst x$(strip $(1))x,,x$(strip $(2))x)
# $(call changed,STAGE): empty if the stage's file contains its options as they are now.
changed = $(if $(wildcard $(OPTIONS)/$(1)),$(call \
  differ,$(call content,$(OPTIONS)/$(1)),$(OPTIONS_$(1))),new)
# The names of the stages whose options changed, read once, before make starts.
CHANGED := $(if $(GOALS),$(foreach stage,$(sort inputs dumps titles $(if \
  $(OTHERS),$(OF_SENTENCES)) $(if $(DOCUMENTS),$(OF_DOCUMENTS))),$(if \
  $(call changed,$(stage)),$(stage))))
write_options = mkdir -p $(OPTIONS); echo $(call quoted,$(OPTIONS_$(1))) > $(OPTIONS)/$(1)
# The files of `inputs` and `dumps` are written after a successful download.
$(patsubst %,$(OPTIONS)/%,$(filter-out inputs dumps,$(CHANGED))): FORCE
	@$(call write_options,$(@F))

# ---- inputs: the paths of the dumps, in a list for each wiki's pages and tables, and Wikidata ----

INPUTS = $(WORK)/inputs
LISTS  = $(foreach wiki,$(READ_WIKIS),$(wiki).pages $(SQL:sql=$(wiki).tables)) \
  $(if $(LIVE),,$(if $(SQL),$(if $(OTHERS)$(ENGLISH_NAMES),wikidata),wikidata))
# $(call paths,LIST): the paths in a list. $(call absent,PATHS): those of files that do not exist.
paths  = $(call content,$(INPUTS)/$(1))
absent = $(filter-out $(wildcard $(1)),$(1))

# $(call renewed,LIST): not empty if the list is to be made again: it is missing, DATE, SOURCE or the
# folder changed, or a file is missing that a stage will read. When the corpus is complete, the dumps
# may be removed, unless the options of a stage that reads them changed.
LEIA_CORPORA = $(LEIA_WIKIS:%=$(WORK)/%/leia/$(MANIFEST))
ROMANIZED = $(WIKI:%=$(WORK)/%/romanized/$(MANIFEST))
RESULTS = $(if $(filter-out lexicon romanized translico,$(OTHERS)),$(CORPUS)/$(MANIFEST)) \
  $(if $(filter lexicon,$(GOALS)),$(WORK)/lexicon/$(MANIFEST)) \
  $(if $(filter romanized,$(GOALS)),$(ROMANIZED)) \
  $(if $(filter translico,$(GOALS)),$(TRANSLICO)/$(MANIFEST)) $(if $(filter leia,$(GOALS)),$(LEIA_CORPORA)) \
  $(if $(filter comparable,$(GOALS)),$(COMPARABLE)/$(MANIFEST)) \
  $(call sources_of,$(MIXED))
NEEDED := $(if $(call absent,$(RESULTS)),all,$(filter entities titles extract pages,$(CHANGED)))
renewed = $(if $(call paths,$(1)),$(filter inputs dumps,$(CHANGED))$(if \
  $(NEEDED),$(call absent,$(call paths,$(1)))),new)
RENEWED := $(if $(GOALS),$(foreach list,$(LISTS),$(if $(call renewed,$(list)),$(list))))
# The wikis of these lists, by the names before `.pages` and `.tables`.
WANTED  := $(sort $(basename $(filter-out wikidata,$(RENEWED))))

# $(call date_in,LIST): the dates in the names of the listed files, as YYYYMMDD.
date_in = $(if $(wildcard $(INPUTS)/$(1)),$(shell sed -n \
  's|.*/[a-z0-9_]*-\([0-9]\{4\}\)-*\([0-9]\{2\}\)-*\([0-9]\{2\}\)-.*|\1\2\3|p' $(INPUTS)/$(1)))
# $(call known,LISTS): the same of several lists, none if DATE changed: a list that is made again
# keeps the date that `latest` stood for.
known   = $(if $(filter inputs,$(CHANGED)),,$(sort $(foreach list,$(1),$(call date_in,$(list)))))
# The date of the request. Of Wikidata, a date that was given is used; else that of its list.
DATE_OF_WIKIS    = $(or $(if $(filter latest,$(DATE)),$(firstword $(call \
  known,$(WANTED:=.pages)))),$(DATE))
DATE_OF_WIKIDATA = $(or $(if $(filter-out latest,$(WIKIDATA_DATE)),,$(call \
  known,wikidata)),$(WIKIDATA_DATE))

inputs: $(patsubst %,$(INPUTS)/%,$(LISTS))

# One call downloads all that is missing. A dump is complete when it has its name.
.PHONY: missing-inputs
missing-inputs: | $(INSTALLED)
	@mkdir -p $(INPUTS)
	$(CSTOOL) download $(WANTED) $(if $(WANTED),$(SQL:%=--%)) $(if $(filter \
	  wikidata,$(RENEWED)),--wikidata $(DATE_OF_WIKIDATA:%=--wikidata-date %)) \
	  --date $(DATE_OF_WIKIS) --source $(SOURCE) --if-missing $(MIRROR:%=--mirror %) \
	  $(contact_option) -o $(DUMPS) $(DOWNLOAD) \
	  > $(INPUTS)/downloaded
	@sh $(PIPELINE)/lists.sh $(INPUTS)/downloaded $(RENEWED:%=$(INPUTS)/%)
	@$(call write_options,inputs); $(call write_options,dumps)
$(RENEWED:%=$(INPUTS)/%): missing-inputs ;

# ---- stages ----

corpus: $(CORPUS)/$(MANIFEST)

# A dump that changes is read again. Before the first run, the lists do not exist.
$(foreach wiki,$(WIKI),$(eval $(WORK)/$(wiki)/sentences/$(MANIFEST) \
  $(WORK)/$(wiki)/pages/$(MANIFEST): $(wildcard $(call paths,$(wiki).pages))))
$(foreach wiki,$(WIKI),$(eval $(WORK)/$(wiki)/titles/$(MANIFEST): \
  $(wildcard $(call paths,$(wiki).$(if $(SQL),tables,pages)))))

LINKED = $(foreach wiki,$(WIKI),$(WORK)/$(wiki)/linked)
ifeq ($(LIVE),)
$(WORK)/entities/$(MANIFEST): $(INPUTS)/wikidata $(OPTIONS)/entities \
  $(wildcard $(call paths,wikidata)) | $(INSTALLED)
	$(CSTOOL) entities $$(cat $<) -o $(@D) $(RUN) && touch $@
else
$(WORK)/entities/$(MANIFEST): $(LINKED:=/$(MANIFEST)) $(OPTIONS)/entities
	$(CSTOOL) entities --live $(LINKED) --languages $(LANGUAGES) $(API:%=--api %) \
	  $(contact_option) -o $(@D) $(RUN) && touch $@
endif

ifneq ($(SQL),)
$(WORK)/%/titles/$(MANIFEST): $(INPUTS)/%.tables $(OPTIONS)/titles | $(INSTALLED)
	$(CSTOOL) titles --wiki $* $$(sed -e '/-page\.sql/s/^/--sql-page /' -e \
	  '/-page_props\.sql/s/^/--sql-props /' -e '/-redirect\.sql/s/^/--sql-redirect /' $<) \
	  -o $(@D) $(RUN) && touch $@
else
$(WORK)/%/titles/$(MANIFEST): $(INPUTS)/%.pages $(WORK)/entities/$(MANIFEST) \
  $(OPTIONS)/titles | $(INSTALLED)
	$(CSTOOL) titles --wiki $* --entities $(WORK)/entities $$(sed 's/^/--pages /' $<) \
	  -o $(@D) $(RUN) && touch $@
endif

$(WORK)/%/sentences/$(MANIFEST): $(INPUTS)/%.pages $(OPTIONS)/extract | $(INSTALLED)
	$(CSTOOL) extract $$(cat $<) -o $(@D) $(RUN) $(EXTRACT) && touch $@

$(WORK)/%/linked/$(MANIFEST): $(WORK)/%/sentences/$(MANIFEST) $(WORK)/%/titles/$(MANIFEST)
	$(CSTOOL) link $(<D) --titles $(lastword $(^D)) -o $(@D) $(RUN) && touch $@

$(WORK)/lexicon/$(MANIFEST): $(WORK)/entities/$(MANIFEST) $(LINKED:=/$(MANIFEST)) \
  $(OPTIONS)/lexicon
	$(CSTOOL) lexicon --entities $(WORK)/entities $(LINKED:%=--linked %) \
	  --languages $(LEXICON_LANGUAGES) -o $(@D) $(RUN) $(LEXICON) && touch $@

$(WORK)/%/switched/$(MANIFEST): $(WORK)/%/linked/$(MANIFEST) \
  $(if $(ONLY_WORDS),,$(WORK)/entities/$(MANIFEST)) $(call words_read,$(WORK)/lexicon) \
  $(OPTIONS)/switch
	$(CSTOOL) switch $(<D) $(SWITCH_READS) --languages $(LANGUAGES) -o $(@D) \
	  $(RUN) $(SWITCH) && touch $@

$(WORK)/%/romanized/$(MANIFEST): $(WORK)/%/switched/$(MANIFEST) $(OPTIONS)/romanize
	$(CSTOOL) romanize $(<D) -o $(@D) $(RUN) $(ROMANIZE) && touch $@

lexicon: $(WORK)/lexicon/$(MANIFEST)
romanized: $(ROMANIZED)
translico: $(TRANSLICO)/$(MANIFEST)
$(TRANSLICO)/$(MANIFEST): $(ROMANIZED) $(OPTIONS)/translico
	$(CSTOOL) shard $(ROMANIZED:%/$(MANIFEST)=%) --format translico -o $(@D) $(RUN) $(SHARD) \
	  && touch $@

SWITCHED = $(foreach wiki,$(WIKI),$(WORK)/$(wiki)/switched)
$(CORPUS)/$(MANIFEST): $(SWITCHED:=/$(MANIFEST)) $(OPTIONS)/shard
	$(CSTOOL) shard $(SWITCHED) -o $(@D) $(RUN) $(SHARD) && touch $@

# ---- corpora of documents ----

leia: $(LEIA_CORPORA)
comparable: $(COMPARABLE)/$(MANIFEST)

$(WORK)/%/pages/$(MANIFEST): $(INPUTS)/%.pages $(OPTIONS)/pages | $(INSTALLED)
	$(CSTOOL) extract $$(cat $<) --unit page -o $(@D) $(RUN) $(PAGES) && touch $@

# LEIA takes the item of each link, also of one to a disambiguation page; lists have no name there.
$(WORK)/%/linked-pages/$(MANIFEST): $(WORK)/%/pages/$(MANIFEST) $(WORK)/%/titles/$(MANIFEST)
	$(CSTOOL) link $(<D) --titles $(lastword $(^D)) --keep-disambiguation -o $(@D) $(RUN) && touch $@

ifneq ($(LIVE),)
$(PAGE_ENTITIES)/$(MANIFEST): $(LINKED_PAGES:=/$(MANIFEST)) $(OPTIONS)/page-entities
	$(CSTOOL) entities --live $(LINKED_PAGES) $(API:%=--api %) $(contact_option) -o $(@D) $(RUN) \
	  && touch $@
endif

$(WORK)/%/annotated/$(MANIFEST): $(WORK)/%/linked-pages/$(MANIFEST) $(PAGE_ENTITIES)/$(MANIFEST) \
  $(OPTIONS)/leia
	$(CSTOOL) switch $(<D) --entities $(PAGE_ENTITIES) --recipe leia -o $(@D) $(RUN) $(LEIA) \
	  && touch $@

$(WORK)/%/leia/$(MANIFEST): $(WORK)/%/annotated/$(MANIFEST) $(OPTIONS)/documents
	$(CSTOOL) shard $(<D) -o $(@D) $(RUN) $(SHARD) && touch $@

$(COMPARABLE)/$(MANIFEST): $(PAGE_FOLDERS:=/$(MANIFEST)) $(PAGE_TITLES:=/$(MANIFEST)) \
  $(OPTIONS)/comparable
	$(CSTOOL) pair $(PAGE_FOLDERS) $(PAGE_TITLES:%=--titles %) -o $(@D) $(RUN) $(PAIR) && touch $@

# Not to be deleted by make on errors: cstool writes a manifest last, and atomically.
.PRECIOUS: $(WORK)/entities/$(MANIFEST) $(CORPUS)/$(MANIFEST) $(LISTS:%=$(INPUTS)/%) \
  $(WORK)/lexicon/$(MANIFEST) $(TRANSLICO)/$(MANIFEST) \
  $(WORK)/page-entities/$(MANIFEST) $(COMPARABLE)/$(MANIFEST) $(foreach stage,titles sentences \
  linked switched romanized pages linked-pages annotated leia,$(WORK)/%/$(stage)/$(MANIFEST))

# ---- Slurm ----

SETTINGS = CSTOOL WIKI LANGUAGES ENTITIES TITLES_FROM CONTACT API WORK CORPUS RUN EXTRACT SWITCH \
  SWITCH_READS WORDS LEXICON_LANGUAGES LEXICON SHARD TASKS SLURM_JOBS SBATCH_OPTIONS
slurm: inputs
	@$(foreach name,$(SETTINGS),$(name)=$(call quoted,$($(name)))) \
	  bash $(PIPELINE)/slurm/submit.sh
