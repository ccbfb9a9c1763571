# A corpus built with cstool: `make corpus` builds it, `make help` lists all targets and variables.
# `make corpus SOURCE=content` uses another value for one run. To replace what was made with other
# settings, run `make corpus RUN=--overwrite`.

# Source wikis: database names, separated by spaces.
WIKI = {wikis}
# Target languages: codes separated by commas, or entitycs for the 93 languages of EntityCS.
LANGUAGES = {languages}
# Wikidata's items: live (from its API, those that the sentences mention; for small wikis) or dump
# (from its dump, a download of 150 GB).
ENTITIES = {entities}
# Wikipedia's pages: dumps (XML dumps), content (content exports) or auto (the newer of the two).
SOURCE = {source}
# Date of the dumps: such as 20261001, or latest for the newest finished ones. The files that latest
# stood for are listed in work/latest/inputs, and used until that folder is removed.
DATE = {date}
# Date of Wikidata's dump; empty for DATE, or the nearest date that has one.
WIKIDATA_DATE ={wikidata_date}
# Titles of pages: sql (from the wiki's SQL tables, in minutes) or pages (from Wikidata's and the
# page dumps, in hours for a large wiki; not with ENTITIES = live).
TITLES_FROM = {titles}
# Folder for the dumps.
DUMPS = dumps
# Folder for the output of the stages; the corpus is in its subfolder corpus.
WORK = work/$(DATE)
# Your e-mail address or web page, for the operators of the servers.
CONTACT =
{slurm}# The program; an absolute path if it is not on PATH.
CSTOOL = {cstool}

# Other targets can follow the include.
# Without CSTOOL, the shell would run a program called init.
FOUND := $(if $(strip $(CSTOOL)),$(shell {{ $(CSTOOL) init --pipeline || exit 1; }} 2>&1))
PIPELINE_FILE := $(filter %/corpus.mk,$(FOUND))
ifeq ($(PIPELINE_FILE),)
$(error CSTOOL=$(CSTOOL) cannot be run ($(FOUND)): \
  install cstool, activate its environment, or run make CSTOOL=PATH)
endif
include $(PIPELINE_FILE)
