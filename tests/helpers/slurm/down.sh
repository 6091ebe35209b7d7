#!/bin/bash
# End the cluster that up.sh has started.
folder=${1:?the folder of the cluster}
for file in "$folder"/slurmd-*.pid "$folder"/slurmctld.pid "$folder"/slurmdbd.pid "$folder"/mysql.pid /run/munge/leptonopt-test.pid; do
  [ -e "$file" ] && kill "$(cat "$file")" 2>/dev/null
done
true
