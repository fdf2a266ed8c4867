#!/usr/bin/env bash
# Runs the 500-job example on a 128-node machine under a built-in scheduler and prints a summary.
# usage: scripts/demo.sh [--no-install] [SCHEDULER]      e.g. scripts/demo.sh builtin:fcfs
# Debian packages that are missing are installed first; with --no-install they are only named.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

read_options "$@"
scheduler=${arguments[0]:-builtin:fcfs}
cd "$project"
install_packages "${build_packages[@]}"
build build -DBUILD_TESTING=OFF
echo "500 jobs of all five types on 128 nodes under $scheduler:"
build/elastisim configurations/example.json --scheduler "$scheduler" --summary
echo "results are in output/"
