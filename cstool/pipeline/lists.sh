# Write the lists of inputs: sh lists.sh PATHS LIST…
#
# PATHS: the paths that `cstool download` printed, one a line. A list is called WIKI.pages,
# WIKI.tables or wikidata, and contains the paths of these files. A list that would not change is
# not written, so that make does not run the stages that read it again.
set -eu
paths=$1
shift
for list; do
  name=${list##*/}
  case $name in
    *.pages) form="${name%.pages}-[0-9].*\.xml.*\.bz2" ;;
    *.tables) form="${name%.tables}-[0-9].*\.sql\.gz" ;;
    *) form="$name-[0-9].*\.json\..*" ;;
  esac
  grep -E "(^|/)$form\$" "$paths" >"$list.new" || {
    echo "$paths: has no file of $name; check that WIKI is a database name, such as enwiki" >&2
    rm "$list.new"
    exit 1
  }
  if cmp -s "$list.new" "$list"; then rm "$list.new"; else mv "$list.new" "$list"; fi
done
