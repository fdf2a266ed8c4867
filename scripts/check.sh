#!/usr/bin/env bash
# Reads the code without running it, in about a minute: formatting, the shell scripts, C (clang-tidy, cppcheck), Python (types,
# names, style) and the report page's JavaScript. What is looked for stands in .clang-format, .clang-tidy,
# .cppcheck-suppressions, mypy.ini, setup.cfg and the page's jsconfig.json.
# usage: scripts/check.sh [--no-install] [all]
# C++ takes clang-tidy long, so it reads only those files that differ from the branch main; with "all" it reads every one.
# Debian packages that are missing are installed first; with --no-install they are only named.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

read_options "$@"
cd "$project"
install_packages "${build_packages[@]}" "${check_packages[@]}"
jobs=$(nproc)
build=${CHECK_BUILD:-build}
failed=()

# check NAME COMMAND...: runs it, and tells what it said if it fails.
check() {
    local name=$1 said started=$SECONDS
    shift
    if said=$("$@" 2>&1); then
        echo "   $name: $((SECONDS - started)) s"
    else
        failed+=("$name")
        printf '== %s\n%s\n' "$name" "$said"
    fi
}

files() {
    find bench include libelastisim schedulers src tests -name __pycache__ -prune -o -type f "$@" -print0
}

check_formatting() {
    files \( -name '*.[ch]' -o -name '*.cpp' \) | xargs -0 clang-format --dry-run -Werror
}

check_scripts() {
    shellcheck -x scripts/*.sh .ci/run
}

# clang-tidy has to know how each file is compiled; of gcc's options, clang lacks one (cmake/LinkTime.cmake).
tidy() {
    [ -f "$build/compile_commands.json" ] ||
        cmake -S . -B "$build" -G Ninja -DBUILD_TESTING=ON >/dev/null
    xargs -0 -r -P "$jobs" -n 6 clang-tidy -p "$build" --quiet \
        --extra-arg=-Wno-ignored-optimization-argument
}

check_c() {
    files -name '*.c' | tidy
}

check_cpp() {
    if [ "${arguments[0]:-}" = all ]; then
        files -name '*.cpp'
    else
        git diff --name-only -z --diff-filter=d main -- '*.cpp' 2>/dev/null || true
    fi | tidy
}

check_with_cppcheck() {
    files -name '*.c' | xargs -0 cppcheck --quiet --enable=warning,portability,performance -j "$jobs" --std=c11 \
        -I src -I include --suppressions-list=.cppcheck-suppressions --error-exitcode=1
}

# Folders of tests have modules of the same name (conftest): one after the other.
check_types() {
    local group
    for group in 'python/elastisim_python python/elastisim_tools' schedulers workloads 'bench docs tests/recorded_cases.py' \
        'tests/differential tests/fuzz' tests/e2e 'tests/python tests/install'; do
        # shellcheck disable=SC2086
        mypy $group || return
    done
}

python=(python schedulers workloads bench docs tests)

check_names() {
    pyflakes3 "${python[@]}"
}

check_style() {
    pycodestyle "${python[@]}"
}

check_javascript() {
    tsc --project python/elastisim_tools/assets/jsconfig.json
}

check formatting check_formatting
check 'shell scripts' check_scripts
check 'Python, names' check_names
check 'Python, style' check_style
check 'Python, types' check_types
check JavaScript check_javascript
check cppcheck check_with_cppcheck
check 'clang-tidy, C' check_c
check 'clang-tidy, C++' check_cpp
[ ${#failed[@]} -eq 0 ] || {
    printf '%s\n' "scripts/check.sh: what is said above has to go: $(printf '%s; ' "${failed[@]}")" >&2
    exit 1
}
