# Mixtures: training sets by the recipes in recipes/, whose sources are the folders of
# $(WORK)/sources. Included by corpus.mk.

# Folder of the recipes, to use copies of them. FORMAT of the mixtures; TOKENIZER: a tokenizer.json.
RECIPES      ?= $(PIPELINE)/recipes
MIXTURES     ?= $(WORK)/mixtures
FORMAT       ?= cstool
TOKENIZER    ?=
# Tokens of a sequence in the formats with tokens; empty for those of the recipe (below).
PACK         ?=
# Characters of the windows of CrossIC-PT, and of those of CSCL.
WINDOW       ?= 8000
SHORT_WINDOW ?= 1000
# Further options of `mix`, and of `switch` for replaced names.
MIX          ?=
REPLACE      ?=

.PHONY: mix-leia mix-crossic-pt mix-crossic-pt-control mix-cscl

help::
	@echo "make mix-leia WIKI=jawiki"
	@echo "              mix a training set by the recipe of LEIA, in $(MIXTURES)/leia."
	@echo "make mix-crossic-pt WIKI=\"enwiki jawiki\""
	@echo "make mix-crossic-pt-control WIKI=\"enwiki jawiki\""
	@echo "make mix-cscl WIKI=\"enwiki jawiki\""
	@echo "              the same by other recipes (docs/recipes.md)."
	@echo "              FORMAT=tokens TOKENIZER=tokenizer.json: in another format, in"
	@echo "              $(MIXTURES)/leia-tokens; PACK=2048: tokens of a sequence."
	@echo "              RECIPES: folder of the recipes; MIX: further options of mix"

# Tokens of a sequence: LEIA's MAX_LENGTH (train.sh of github.com/leia-llm/leia). CrossIC-PT cuts
# between samples only. Megatron-LM itself joins documents and cuts them: so the others are not
# packed for it, which would part pieces of a page.
TO_BE_CUT = $(PACK)$(filter tokens,$(FORMAT))
PACK_OF_mix-leia       = $(if $(TO_BE_CUT),--pack $(or $(PACK),2048))
PACK_OF_mix-crossic-pt = --pack $(or $(PACK),4096) --whole-samples
PACK_OF_mix-crossic-pt-control = $(PACK_OF_mix-crossic-pt)
PACK_OF_mix-cscl       = $(if $(TO_BE_CUT),--pack $(or $(PACK),4096))

ifneq ($(MIXED),)
$(foreach name,RECIPES MIXTURES,$(call one_word,$(name),a path without spaces))
$(call one_of,FORMAT,cstool jsonl dolma megatron tokens,cstool$(comma) jsonl$(comma) dolma$(comma) \
  megatron or tokens)
OF_TOKENS := $(filter megatron tokens,$(FORMAT))
ifneq ($(OF_TOKENS),)
$(call one_word,TOKENIZER,the path of a tokenizer.json)
endif
endif

# $(call mixture,GOAL): the folder of a mixture. Other formats than cstool have folders of their own.
FORMAT_SUFFIX = $(patsubst %,-%,$(filter-out cstool,$(FORMAT)))
mixture = $(MIXTURES)/$(1:mix-%=%)$(FORMAT_SUFFIX)
# $(call mix_options,GOAL)
mix_options = $(FORMAT_SUFFIX:-%=--format %) $(TOKENIZER:%=--tokenizer %) \
  $(if $(OF_TOKENS),$(PACK_OF_$(1))) $(MIX)

OPTIONS_sources-annotated     = $(LEIA_WIKIS) $(SHARD)
OPTIONS_replaced              = $(REPLACE) $(WORDS)
OPTIONS_page-lexicon          = $(PAGE_LEXICON_LANGUAGES) $(LEXICON)
OPTIONS_sources-replaced      = $(LEIA_WIKIS) $(SHARD)
OPTIONS_sources-windows       = $(WIKI) $(WINDOW) $(PAIR)
OPTIONS_sources-unpaired      = $(OPTIONS_sources-windows)
OPTIONS_sources-short-windows = $(WIKI) $(SHORT_WINDOW) $(PAIR)
$(foreach goal,$(MIXED),$(eval \
  OPTIONS_$(goal)$(FORMAT_SUFFIX) = $$(RECIPES) $$(call mix_options,$(goal))))
OF_MIXTURES = replaced $(if $(filter lexicon,$(WORDS)),page-lexicon) $(addprefix sources-,annotated replaced windows unpaired short-windows) \
  $(MIXED:=$(FORMAT_SUFFIX))

# ---- sources: folders whose names the recipes contain, for any wikis ----

SOURCES = $(WORK)/sources
SOURCES_OF_mix-leia               = annotated
SOURCES_OF_mix-crossic-pt         = windows
SOURCES_OF_mix-crossic-pt-control = unpaired
SOURCES_OF_mix-cscl               = replaced short-windows
# $(call sources_of,GOALS): the manifests.
sources_of = $(sort $(foreach goal,$(1),$(SOURCES_OF_$(goal):%=$(SOURCES)/%/$(MANIFEST))))

$(SOURCES)/annotated/$(MANIFEST): $(LEIA_WIKIS:%=$(WORK)/%/annotated/$(MANIFEST)) \
  $(OPTIONS)/sources-annotated
	$(CSTOOL) shard $(LEIA_WIKIS:%=$(WORK)/%/annotated) -o $(@D) $(RUN) $(SHARD) && touch $@

# With WORDS, words are switched, those of links too; without it, the names of linked entities.
PAGE_LEXICON = $(WORK)/page-lexicon
PAGE_LEXICON_LANGUAGES = $(subst $(space),$(comma),$(strip $(call languages_of,$(LEIA_WIKIS)) en))
$(PAGE_LEXICON)/$(MANIFEST): $(PAGE_ENTITIES)/$(MANIFEST) $(LINKED_PAGES:=/$(MANIFEST)) \
  $(OPTIONS)/page-lexicon
	$(CSTOOL) lexicon --entities $(PAGE_ENTITIES) $(LINKED_PAGES:%=--linked %) \
	  --languages $(PAGE_LEXICON_LANGUAGES) -o $(@D) $(RUN) $(LEXICON) && touch $@

ifneq ($(WORDS),)
$(WORK)/%/replaced/$(MANIFEST): $(WORK)/%/pages/$(MANIFEST) $(call words_read,$(PAGE_LEXICON)) \
  $(OPTIONS)/replaced
	$(CSTOOL) switch $(<D) $(call word_options,$(PAGE_LEXICON)) --switch-rate 0 --words-in-mentions \
	  --languages en --source-rows all -o $(@D) $(RUN) $(REPLACE) && touch $@
else
$(WORK)/%/replaced/$(MANIFEST): $(WORK)/%/linked-pages/$(MANIFEST) $(PAGE_ENTITIES)/$(MANIFEST) \
  $(OPTIONS)/replaced
	$(CSTOOL) switch $(<D) --entities $(PAGE_ENTITIES) --languages en --source-rows all \
	  -o $(@D) $(RUN) $(REPLACE) && touch $@
endif

$(SOURCES)/replaced/$(MANIFEST): $(LEIA_WIKIS:%=$(WORK)/%/replaced/$(MANIFEST)) \
  $(OPTIONS)/sources-replaced
	$(CSTOOL) shard $(LEIA_WIKIS:%=$(WORK)/%/replaced) -o $(@D) $(RUN) $(SHARD) && touch $@

pair_pages = $(CSTOOL) pair $(PAGE_FOLDERS) $(PAGE_TITLES:%=--titles %)
PAGES_TO_PAIR = $(PAGE_FOLDERS:=/$(MANIFEST)) $(PAGE_TITLES:=/$(MANIFEST))
$(SOURCES)/windows/$(MANIFEST): $(PAGES_TO_PAIR) $(OPTIONS)/sources-windows
	$(pair_pages) -o $(@D) --window $(WINDOW) $(RUN) $(PAIR) && touch $@

$(SOURCES)/unpaired/$(MANIFEST): $(PAGES_TO_PAIR) $(OPTIONS)/sources-unpaired
	$(pair_pages) -o $(@D) --window $(WINDOW) $(RUN) $(PAIR) --order unpaired && touch $@

$(SOURCES)/short-windows/$(MANIFEST): $(PAGES_TO_PAIR) $(OPTIONS)/sources-short-windows
	$(pair_pages) -o $(@D) --window $(SHORT_WINDOW) $(RUN) $(PAIR) && touch $@

# ---- mixtures ----

mix-leia: $(call mixture,mix-leia)/$(MANIFEST)
mix-crossic-pt: $(call mixture,mix-crossic-pt)/$(MANIFEST)
mix-crossic-pt-control: $(call mixture,mix-crossic-pt-control)/$(MANIFEST)
mix-cscl: $(call mixture,mix-cscl)/$(MANIFEST)

define mixture_rule
$(call mixture,$(1))/$(MANIFEST): $(RECIPES)/$(1:mix-%=%).toml \
  $(call sources_of,$(1)) $(OPTIONS)/$(1)$(FORMAT_SUFFIX) \
  $(wildcard $(TOKENIZER))
	$$(CSTOOL) mix $$< --root $(SOURCES) -o $$(@D) $(call mix_options,$(1)) $$(RUN) && touch $$@
endef
$(foreach goal,$(MIXED),$(eval $(call mixture_rule,$(goal))))

.PRECIOUS: $(WORK)/%/replaced/$(MANIFEST) $(PAGE_LEXICON)/$(MANIFEST) $(call sources_of,$(MIXED)) \
  $(foreach goal,$(MIXED),$(call mixture,$(goal))/$(MANIFEST))
