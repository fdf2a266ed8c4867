#!/usr/bin/env bash
# Measures which lines and branches of the C code the tests reach: builds with gcov, runs the tests, and prints a table by
# folder and the messages that none reaches. Takes several minutes; sources must stay as they are meanwhile.
# usage: scripts/coverage.sh [--no-install] [TESTS]      TESTS: a regular expression of ctest's; by default the unit tests,
#                                                       the end-to-end tests and the fuzz targets over their seeds
# Debian packages that are missing are installed first; with --no-install they are only named.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

read_options "$@"
tests=${arguments[0]:-^(unit|e2e|fuzz)\.}
cd "$project"
install_packages "${build_packages[@]}" "${test_packages[@]}" gcovr
folder=build-coverage

build "$folder" -DBUILD_TESTING=ON -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS=--coverage -DCMAKE_CXX_FLAGS=--coverage \
    -DCMAKE_EXE_LINKER_FLAGS=--coverage -DCMAKE_SHARED_LINKER_FLAGS=--coverage -DCMAKE_MODULE_LINKER_FLAGS=--coverage
find "$folder" -name '*.gcda' -delete
# A test that fails still reaches what it reaches; what it says is for scripts/test.sh to hear.
ctest --test-dir "$folder" -j "$(nproc)" -R "$tests" --output-on-failure --no-tests=error >"$folder/tests.log" ||
    tail -n 20 "$folder/tests.log" >&2
gcovr --root . --object-directory "$folder" --filter 'src/' --filter 'libelastisim/' --exclude-throw-branches \
    --json "$folder/coverage.json" >&2
/usr/bin/env python3 scripts/coverage.py "$folder/coverage.json"
