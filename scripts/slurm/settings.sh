# Shared by the batch files: the Makefile's variables, and a function that runs a stage.

: "${WIKI:=enwiki}"            # one or more wikis
: "${DATE:=20261001}"          # of the page dumps
: "${WIKIDATA_DATE:=$DATE}"
: "${LANGUAGES:=entitycs}"
: "${DUMPS:=dumps}"            # DUMPS and WORK: on a file system shared by all nodes
: "${WORK:=work/$DATE}"
: "${CORPUS:=$WORK/corpus}"
: "${CSTOOL:=.venv/bin/cstool}"
: "${RUN:=}"                   # further options for all stages; below, for single stages
: "${EXTRACT:=}" "${SWITCH:=}" "${SHARD:=}"

WIKIDATA=$DUMPS/wikidata-$WIKIDATA_DATE-all.json.gz
PAGES=$DUMPS/$WIKI-$DATE-pages-articles-multistream.xml.bz2

# Runs a stage: in an array its share, else what is missing, and the manifest. `exec`: Slurm's
# signals (--signal=B:TERM@60) go to cstool, which ends in two seconds and leaves nothing half-made.
# SHARES stays the same when single tasks of an array are run again.
run() {
  exec "$CSTOOL" "$@" --jobs "${SLURM_CPUS_PER_TASK:-1}" --quiet \
    ${SLURM_ARRAY_TASK_ID:+--shard "$SLURM_ARRAY_TASK_ID/${SHARES:-$SLURM_ARRAY_TASK_MAX}"}
}
