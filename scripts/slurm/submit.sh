#!/bin/bash
# Submit the pipeline as Slurm jobs with dependencies:
#
#   WIKI="enwiki dewiki" DATE=20261001 TASKS=16 scripts/slurm/submit.sh
#
# For each stage: one job array of TASKS tasks per step, then a final job that makes missing parts
# and writes the manifest. The final job runs after its arrays have ended (afterany), the next stage
# only if the final job succeeded (afterok). Finished work is skipped, so after a failure submit
# again. settings.sh lists the variables; options for all jobs (--partition=…) go in SBATCH_OPTIONS.
set -euo pipefail
shopt -s inherit_errexit  # a job that is refused ends the script, also within $(…)

command -v sbatch >/dev/null || {
  echo "submit.sh: no sbatch on PATH; run this on a machine from which Slurm jobs are submitted" >&2
  exit 1
}
here=$(cd "$(dirname "$0")" && pwd)
export SLURM_FILES=$here TASKS=${TASKS:-8}
. "$here/settings.sh"
export WIKI DATE WIKIDATA_DATE LANGUAGES DUMPS WORK CORPUS CSTOOL RUN EXTRACT SWITCH SHARD
all=$WIKI
mkdir -p "$WORK/logs"

# submit FILE DEPENDENCY [OPTION…]: print the job's ID.
submit() {
  sbatch --parsable --kill-on-invalid-dep=yes ${2:+--dependency="$2"} \
    --output="$WORK/logs/%x-%j.log" ${SBATCH_OPTIONS:-} \
    "${@:3}" "$here/$1.sbatch" | cut -d ";" -f 1
}

# stage FILE STEPS DEPENDENCY: print the ID of the final job.
stage() {
  local after=$3 step
  for ((step = 0; step < $2; step++)); do
    after=afterany:$(submit "$1" "$after" --array="1-$TASKS")
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
