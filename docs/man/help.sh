#!/bin/sh
# usage: TOOL=FILE docs/man/help.sh --help|--version
# What TOOL says, in the form in which help2man finds its parts.
COLUMNS=1000 "$TOOL" "$1" | sed -e 's/^usage:/Usage:/' -e 's/^options:/Options:/'
