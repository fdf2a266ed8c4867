#!/bin/sh
# The simulator with the flow model, for programs that take the name of a simulator.
exec "$ELASTISIM" "$@" --model=flow
