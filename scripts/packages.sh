#!/usr/bin/env bash
# Builds the Debian packages elastisim, elastisim-python, elastisim-dev and python3-elastisim into build-packages/.
# usage: scripts/packages.sh [--no-install]
set -euo pipefail
. "$(dirname "$0")/lib.sh"

read_options "$@"
cd "$project"
install_packages "${build_packages[@]}" "${package_packages[@]}"
# The same commit gives the same packages, byte by byte.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || date +%s)}
export SOURCE_DATE_EPOCH
build build-packages -DCMAKE_INSTALL_PREFIX=/usr -DCMAKE_INSTALL_LIBDIR="lib/$(gcc -print-multiarch)" \
    -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF
rm -f build-packages/*.deb
(cd build-packages && cpack -G DEB) >build-packages/cpack.log || {
    cat build-packages/cpack.log >&2
    exit 1
}
ls build-packages/*.deb
