#!/bin/bash
#SBATCH --job-name=qvim-rerun
#SBATCH --cpus-per-task=4
#SBATCH --mem=16G
#SBATCH --time=12:00:00
# One part of a re-run for each task of an array: sbatch --array=1-8 docs/cluster/rerun.slurm.sh
# What it needs, in the environment: NOTEBOOKS, DATA and REPORTS, folders that all machines see.
set -euo pipefail
cd "${QVIM:-$PWD}"
deno task rerun "$NOTEBOOKS" --data "$DATA" --resume \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" \
  --report "$REPORTS/part-$SLURM_ARRAY_TASK_ID" "$@"
