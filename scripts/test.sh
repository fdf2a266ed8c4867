#!/usr/bin/env bash
# Runs every test: formatting, unit, end-to-end and Python tests, the recorded conformance cases when
# they are there, and again all but the pure Python and documentation tests under the address and undefined-behaviour sanitizers.
# usage: scripts/test.sh
set -euo pipefail
. "$(dirname "$0")/lib.sh"

cd "$project"
install_packages "${build_packages[@]}" "${test_packages[@]}"
jobs=$(nproc)

echo "== formatting"
git ls-files '*.c' '*.h' '*.cpp' | xargs clang-format --dry-run -Werror

echo "== build"
build build -DBUILD_TESTING=ON -DELASTISIM_WERROR=ON

echo "== tests"
ctest --no-tests=error --test-dir build -j "$jobs" --output-on-failure

echo "== build with sanitizers"
build build-sanitize -DBUILD_TESTING=ON -DELASTISIM_WERROR=ON -DELASTISIM_SANITIZE=ON \
    -DCMAKE_BUILD_TYPE=Debug

echo "== tests with sanitizers"
ctest --no-tests=error --test-dir build-sanitize -j "$jobs" --output-on-failure -E '^(python|docs)\.'
