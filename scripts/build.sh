#!/usr/bin/env bash
# Builds everything, tests too, with one compiler in one configuration of CMake; a warning is an error.
# usage: scripts/build.sh [--no-install] [gcc|clang [CONFIGURATION]]      e.g. scripts/build.sh clang Release
set -euo pipefail
. "$(dirname "$0")/lib.sh"

read_options "$@"
compiler=${arguments[0]:-gcc}
type=${arguments[1]:-RelWithDebInfo}
case $compiler in
    gcc) companion=g++ ;;
    clang) companion=clang++ ;;
    *)
        echo "$0: there are gcc and clang, not '$compiler'" >&2
        exit 2
        ;;
esac
cd "$project"
install_packages "${build_packages[@]}" libcmocka-dev "$compiler"
build "build-$compiler-${type,,}" -DBUILD_TESTING=ON -DELASTISIM_WERROR=ON -DCMAKE_BUILD_TYPE="$type" \
    -DCMAKE_C_COMPILER="$compiler" -DCMAKE_CXX_COMPILER="$companion"
