# Variables (those of the Makefile) and functions of the batch files.

: "${WIKI:=enwiki}"            # one or more wikis
: "${DATE:=20261001}"          # date of the page dumps
: "${WIKIDATA_DATE:=$DATE}"
: "${LANGUAGES:=entitycs}"
: "${DUMPS:=dumps}"            # on a file system that all nodes can read, like WORK
: "${WORK:=work/$DATE}"
: "${CORPUS:=$WORK/corpus}"
: "${CSTOOL:=.venv/bin/cstool}"
: "${RUN:=}"                   # further options for all stages, and for single stages
: "${EXTRACT:=}" "${SWITCH:=}" "${SHARD:=}"

WIKIDATA=$DUMPS/wikidata-$WIKIDATA_DATE-all.json.gz
PAGES=$DUMPS/$WIKI-$DATE-pages-articles-multistream.xml.bz2

# Runs a stage: in a job array the parts of one array task, otherwise the missing parts and the
# manifest. With `exec`, cstool receives Slurm's signals (--signal=B:TERM@60); it exits within two
# seconds. TASKS must stay the same if single tasks of an array run again.
run() {
  exec "$CSTOOL" "$@" --jobs "${SLURM_CPUS_PER_TASK:-1}" \
    ${SLURM_ARRAY_TASK_ID:+--task "$SLURM_ARRAY_TASK_ID/${TASKS:-$SLURM_ARRAY_TASK_MAX}"}
}
