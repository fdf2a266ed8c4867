#!/usr/bin/env bash
# Runs every test: linters and types (scripts/check.sh), builds with gcc and clang without warnings, unit, end-to-end and
# Python tests, the recorded conformance cases when they are there, again under the address and undefined-behaviour
# sanitizers what runs our C code, and the Debian packages in a clean root, where one can be made
# (scripts/test_packages.sh).
# usage: scripts/test.sh [--no-install]
# Debian packages that are missing are installed first; with --no-install they are only named.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

read_options "$@"
cd "$project"
install_packages "${build_packages[@]}" "${check_packages[@]}" "${test_packages[@]}"
jobs=$(nproc)

echo "== what can be seen without running it"
scripts/check.sh --no-install all

echo "== build"
build build -DBUILD_TESTING=ON -DELASTISIM_WERROR=ON

echo "== tests"
ctest --test-dir build -j "$jobs" --output-on-failure --no-tests=error

for compiler in gcc clang; do
    echo "== release build with $compiler"
    scripts/build.sh --no-install "$compiler" Release
done

echo "== build with sanitizers"
build build-sanitize -DBUILD_TESTING=ON -DELASTISIM_WERROR=ON -DELASTISIM_SANITIZE=ON \
    -DCMAKE_BUILD_TYPE=Debug

echo "== tests with sanitizers"
ctest --test-dir build-sanitize -j "$jobs" --output-on-failure --no-tests=error -E '^(python|docs)\.'

echo "== packages in a clean root"
status=0
scripts/test_packages.sh "$@" || status=$?
# 77: it has said why it can't be tried here.
[ "$status" -eq 0 ] || [ "$status" -eq 77 ] || exit "$status"
