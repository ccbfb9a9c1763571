# Functions of the batch files, and the inputs that `make inputs` has listed. The settings are the
# variables of the Makefile, which `make slurm` passes on.

# The paths in a list: pages and tables of one wiki, Wikidata's dump. Empty if there is no list.
read_list() {
  if [ -e "$WORK/inputs/$2" ]; then mapfile -t "$1" <"$WORK/inputs/$2"; fi
}
pages=() tables=() wikidata=()
read_list pages "$WIKI.pages"
read_list tables "$WIKI.tables"
read_list wikidata wikidata

# Runs a stage: in a job array the parts of one array task, otherwise the missing parts and the
# manifest. With `exec`, cstool receives Slurm's signals (--signal=B:TERM@60); it exits within two
# seconds. TASKS must stay the same if single tasks of an array run again.
run() {
  local command
  eval "command=($CSTOOL)" # as make and the shell read it: a path can be quoted
  exec "${command[@]}" "$@" --jobs "${SLURM_CPUS_PER_TASK:-1}" \
    ${SLURM_ARRAY_TASK_ID:+--task "$SLURM_ARRAY_TASK_ID/${TASKS:-$SLURM_ARRAY_TASK_MAX}"}
}
