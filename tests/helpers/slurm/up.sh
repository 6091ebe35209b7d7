#!/bin/bash
# Start a real Slurm cluster with accounts on this machine: five nodes, of which four have GPUs that exist by name alone.
# Needs root, no systemd, and Debian's slurm-wlm slurmctld slurmd slurm-client slurmdbd munge mariadb-server.
# Usage: up.sh FOLDER; then export SLURM_CONF=FOLDER/slurm.conf. `down.sh FOLDER` ends it.
set -e
folder=${1:?a folder for the cluster}
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder"/{state,spool,log,dev}
for gpu in 0 1 2 3 4 5 6 7; do
  [ -e "$folder/dev/nvidia$gpu" ] || mknod "$folder/dev/nvidia$gpu" c 1 3
done
for file in slurm.conf gres.conf slurmdbd.conf; do sed "s#@DIR@#$folder#g" "$here/$file" > "$folder/$file"; done
chmod 600 "$folder/slurmdbd.conf"
export SLURM_CONF=$folder/slurm.conf

install -d -o munge -g munge -m 755 /run/munge
munge -n >/dev/null 2>&1 || runuser -u munge -- /usr/sbin/munged --pid-file=/run/munge/leptonopt-test.pid

mariadb-install-db --user=root --auth-root-authentication-method=normal --datadir="$folder/mysql" --skip-test-db >/dev/null
setsid mariadbd --no-defaults --user=root --datadir="$folder/mysql" --socket="$folder/mysql.sock" --port=13306 \
  --bind-address=127.0.0.1 --pid-file="$folder/mysql.pid" --innodb-buffer-pool-size=128M \
  --innodb-lock-wait-timeout=900 >"$folder/log/mariadbd.log" 2>&1 </dev/null &
query() { mariadb --no-defaults -S "$folder/mysql.sock" -u root -e "$1"; }
for _ in $(seq 120); do query 'select 1' >/dev/null 2>&1 && break; sleep 0.5; done
query "create database if not exists slurm_acct_db;
  create user if not exists slurm@'127.0.0.1' identified by 'slurm'; create user if not exists slurm@localhost identified by 'slurm';
  grant all on slurm_acct_db.* to slurm@'127.0.0.1'; grant all on slurm_acct_db.* to slurm@localhost"

slurmdbd
for _ in $(seq 60); do sacctmgr -n list cluster >/dev/null 2>&1 && break; sleep 0.5; done
sacctmgr -i add cluster lepton >/dev/null || true
sacctmgr -i add account vision >/dev/null || true
sacctmgr -i add user root account=vision >/dev/null || true
slurmctld
for _ in $(seq 60); do scontrol ping >/dev/null 2>&1 && break; sleep 0.5; done
for node in a100-1 a100-2 t4-1 t4-2 cpu-1; do slurmd -N "$node"; done
for _ in $(seq 60); do [ "$(sinfo -h -N -t idle -o %N | sort -u | wc -l)" = 5 ] && break; sleep 0.5; done
sinfo
