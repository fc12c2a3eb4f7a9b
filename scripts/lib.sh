# Shared by the scripts beside it: source it first. Moves to the root of the repository.
# shellcheck shell=bash

# What fails inside of $(...) fails outside, too.
shopt -s inherit_errexit

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

# A toolchain that lies where the Swift project's own images put it is found without being on the PATH.
if ! command -v swift >/dev/null && [ -x /opt/swift/usr/bin/swift ]; then PATH="$PATH:/opt/swift/usr/bin"; fi

say() { printf '\033[1m==> %s\033[0m\n' "$*"; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

# build_shipped: builds the command as the package has it, with Swift's libraries in it, and prints where it lies.
build_shipped() {
    local how=(--scratch-path .build-shipped -c release --static-swift-stdlib)
    swift build "${how[@]}" --product holdfast >&2
    echo "$(swift build "${how[@]}" --show-bin-path)/holdfast"
}

stage_times=()
stage_now=

# stage NAME COMMAND...: runs the command and notes how long it took. Where it fails, `set -e` ends the script, and the
# trap says which stage it was. (Not `if ! "$@"`: that would switch `set -e` off inside a command that is a function.)
stage() {
    local began=$SECONDS
    stage_now=$1
    shift
    say "$stage_now"
    "$@"
    stage_times+=("$(printf '%5d s  %s' "$((SECONDS - began))" "$stage_now")")
    stage_now=
}

# must_test COMMAND...: runs it, and fails where it ran no test: a filter that fits nothing is green by itself.
must_test() {
    local log
    log=$(mktemp)
    "$@" 2>&1 | tee "$log"
    grep -qE 'Test run with [1-9][0-9]* tests?' "$log" || die "no test ran: $*"
    rm -f "$log"
}

# Prints what each stage of this run took.
stage_summary() { printf '%s\n' "${stage_times[@]}"; }

trap '[ -z "$stage_now" ] || printf "\nerror: the stage \"%s\" failed\n" "$stage_now" >&2' EXIT
