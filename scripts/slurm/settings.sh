# What the batch files share: the Makefile's variables, and how a stage is run.

: "${WIKI:=enwiki}"            # one or more wikis
: "${DATE:=20261001}"          # of the page dumps
: "${WIKIDATA_DATE:=$DATE}"
: "${LANGUAGES:=entitycs}"
: "${DUMPS:=dumps}"            # these two on a file system that all nodes have
: "${WORK:=work/$DATE}"
: "${CORPUS:=$WORK/corpus}"
: "${CSTOOL:=.venv/bin/cstool}"
: "${RUN:=}"                   # further options for all stages, and for single ones
: "${EXTRACT:=}" "${SWITCH:=}" "${SHARD:=}"

WIKIDATA=$DUMPS/wikidata-$WIKIDATA_DATE-all.json.gz
PAGES=$DUMPS/$WIKI-$DATE-pages-articles-multistream.xml.bz2

# Runs a stage: in an array its share, else what is missing, and the manifest. `exec`: Slurm's
# signals (--signal=B:TERM@60) go to cstool, which ends in two seconds and leaves nothing half-made.
# SHARES stays the same when single tasks of an array are run again.
run() {
  exec "$CSTOOL" "$@" --jobs "${SLURM_CPUS_PER_TASK:-1}" \
    ${SLURM_ARRAY_TASK_ID:+--task "$SLURM_ARRAY_TASK_ID/${SHARES:-$SLURM_ARRAY_TASK_MAX}"}
}
