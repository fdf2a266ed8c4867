#!/bin/sh
# The simulator with SimGrid's model, for programs that take the name of a simulator.
exec "$ELASTISIM" "$@" --model=simgrid
