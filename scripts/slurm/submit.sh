#!/bin/bash
# Submit the pipeline as Slurm jobs, each of which waits for the jobs that it depends on:
#
#   WIKI="enwiki dewiki" DATE=20261001 SHARES=16 scripts/slurm/submit.sh
#
# For each stage: arrays of SHARES tasks, one array for each step that benefits from it, then one
# plain run that completes missing parts and writes the manifest. The plain run starts even if tasks
# of the array failed (afterany); the next stage starts only if the manifest was written (afterok).
# Finished parts are skipped, so submit again after a failure. settings.sh lists the variables;
# options for all jobs (--partition=…) go in SBATCH_OPTIONS.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
export SLURM_FILES=$here SHARES=${SHARES:-8}
. "$here/settings.sh"
export WIKI DATE WIKIDATA_DATE LANGUAGES DUMPS WORK CORPUS CSTOOL RUN EXTRACT SWITCH SHARD
all=$WIKI
mkdir -p "$WORK/logs"

# submit FILE DEPENDENCY [OPTION…]: prints the job's number.
submit() {
  sbatch --parsable --kill-on-invalid-dep=yes ${2:+--dependency="$2"} \
    --output="$WORK/logs/%x-%j.log" ${SBATCH_OPTIONS:-} \
    "${@:3}" "$here/$1.sbatch" | cut -d ";" -f 1
}

# stage FILE STEPS DEPENDENCY: prints the number of the plain run behind the arrays.
stage() {
  local after=$3 step
  for ((step = 0; step < $2; step++)); do
    after=afterany:$(submit "$1" "$after" --array="1-$SHARES")
  done
  submit "$1" "$after"
}

entities=$(stage entities 2 "")
switched=afterok
for WIKI in $all; do
  titles=$(stage titles 2 "afterok:$entities")
  sentences=$(stage extract 1 "")
  linked=$(stage link 1 "afterok:$titles:$sentences")
  switched+=:$(stage switch 2 "afterok:$linked:$entities")
done
WIKI=$all
corpus=$(stage shard 3 "$switched")
echo "job $corpus writes the corpus to $CORPUS"
