#!/bin/bash
# Submit the pipeline as Slurm jobs with dependencies. `make slurm` runs it, with the settings.
#
# For each stage: one job array of TASKS tasks per step, then a final job that makes missing parts
# and writes the manifest. The final job runs after its arrays have ended (afterany), the next stage
# only if the final job succeeded (afterok). Finished work is skipped, so after a failure submit
# again. The batch files are those of SLURM_JOBS; SBATCH_OPTIONS are options for all jobs.
set -euo pipefail
shopt -s inherit_errexit  # a job that is refused ends the script, also within $(…)

command -v sbatch >/dev/null || {
  echo "submit.sh: no sbatch on PATH; run this on a machine from which Slurm jobs are submitted" >&2
  exit 1
}
here=$(cd "$(dirname "$0")" && pwd)
export SLURM_FILES=$here
all=$WIKI
mkdir -p "$WORK/logs"

# submit FILE DEPENDENCY [OPTION…]: print the job's ID.
submit() {
  sbatch --parsable --kill-on-invalid-dep=yes ${2:+--dependency="$2"} \
    --output="$WORK/logs/%x-%j.log" ${SBATCH_OPTIONS:-} \
    "${@:3}" "$SLURM_JOBS/$1.sbatch" | cut -d ";" -f 1
}

# stage FILE STEPS DEPENDENCY: print the ID of the final job.
stage() {
  local after=$3 step
  for ((step = 0; step < $2; step++)); do
    after=afterany:$(submit "$1" "$after" --array="1-$TASKS")
  done
  submit "$1" "$after"
}

# after_ok ID…: print the dependency on these jobs, "" without any.
after_ok() {
  local IFS=:
  echo "${1:+afterok:$*}"
}

entities=
if [ "$ENTITIES" = dump ]; then entities=$(stage entities 2 ""); fi
linked=()
for WIKI in $all; do
  from_pages=$entities
  if [ "$TITLES_FROM" = sql ]; then from_pages=; fi
  titles=$(stage titles 2 "$(after_ok $from_pages)")
  sentences=$(stage extract 3 "")
  linked+=("$(stage link 1 "$(after_ok "$titles" "$sentences")")")
done
WIKI=$all
if [ "$ENTITIES" = live ]; then entities=$(submit entities "$(after_ok "${linked[@]}")"); fi
lexicon=
for word in $WORDS; do
  if [ "$word" = lexicon ]; then
    lexicon=$(submit lexicon "$(after_ok "$entities" "${linked[@]}")")
  fi
done
switched=()
for WIKI in $all; do
  after=("${linked[${#switched[@]}]}" "$entities" ${lexicon:+"$lexicon"})
  switched+=("$(stage switch 2 "$(after_ok "${after[@]}")")")
done
WIKI=$all
corpus=$(stage shard 3 "$(after_ok "${switched[@]}")")
echo "job $corpus writes the corpus to $CORPUS"
