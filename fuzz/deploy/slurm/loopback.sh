#!/usr/bin/env bash
# Runs a search as a Slurm job array on this machine alone, as root, from a clean clone:
# controller and node on loopback, an array of 8 tasks, one of which is killed and put back,
# a merge job that waits for them, and the joined report held against that of one process.
# Needs Go and Debian's slurm-wlm and munge; writes to a temporary folder only.
#
#	fuzz/deploy/slurm/loopback.sh [flags of verify]
set -euo pipefail
cd "$(dirname "$0")"
for need in sbatch slurmctld slurmd munged; do
	command -v "$need" >/dev/null || { echo "loopback: no $need: install slurm-wlm and munge" >&2; exit 2; }
done
flags=${*:--claims thm1,eq14b,eq19 -seed 5 -cases 8000 -climb 20}

work=$(mktemp -d)
export OUT=$work/out VERIFY=$work/verify ARGS=$flags SLURM_CONF=$work/slurm.conf
mkdir -p "$OUT" "$work/state" "$work/spool"
chmod 755 "$work"
(cd ../../.. && go build -o "$VERIFY" ./props/verify)

cat >"$SLURM_CONF" <<EOF
ClusterName=loopback
SlurmctldHost=$(hostname -s)(127.0.0.1)
AuthType=auth/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=1,sched_interval=1
ReturnToService=2
MaxArraySize=64
NodeName=$(hostname -s) NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
EOF

key=$work/munge.key
dd if=/dev/urandom of="$key" bs=1024 count=1 status=none
chmod 600 "$key"
munged --key-file="$key" --socket="$work/munge.socket" --pid-file="$work/munged.pid" \
	--log-file="$work/munged.log" --seed-file="$work/munge.seed" --force
echo "AuthInfo=socket=$work/munge.socket" >>"$SLURM_CONF"
cleanup() {
	scancel --user=root >/dev/null 2>&1 || true
	for daemon in slurmd slurmctld munged; do
		[ ! -f "$work/$daemon.pid" ] || kill "$(cat "$work/$daemon.pid")" 2>/dev/null || true
	done
	sleep 1
	rm -rf "$work"
}
trap cleanup EXIT
slurmctld
slurmd
for _ in $(seq 30); do
	sinfo -h -o %T 2>/dev/null | grep -q idle && break
	sleep 1
done
sinfo

array=$(sbatch --parsable --array=1-8 --output="$OUT/task-%a.log" search.sbatch)
merge=$(sbatch --parsable --dependency=afterany:"$array" --output="$OUT/merge.log" merge.sbatch)
echo "array $array, merge $merge"
for _ in $(seq 60); do
	squeue -h -j "${array}_1" -t RUNNING | grep -q . && break
	sleep 0.5
done
# A node fault, as the scheduler sees it: the task is killed and goes back to the queue.
scontrol requeue "${array}_1"
echo "task 1 killed and requeued"
for _ in $(seq 600); do
	[ -n "$(squeue -h)" ] || break
	sleep 1
done
restarts=$(scontrol show job "${array}_1" | grep -o 'Restarts=[0-9]*')
echo "task 1: $restarts"
[ "$restarts" = Restarts=1 ] || { echo "loopback: task 1 was not run again" >&2; exit 1; }
cat "$OUT/merge.log"
[ -f "$OUT/merged.json" ] || { echo "loopback: no merged report" >&2; tail -n 3 "$OUT"/task-*.log >&2; exit 1; }

"$VERIFY" $flags -runs=false -json "$OUT/whole.json" >/dev/null || true
"$VERIFY" merge "$OUT/whole.json" >"$OUT/alone.json"
cmp "$OUT/merged.json" "$OUT/alone.json"
echo "the joined report is that of one process, byte by byte"
