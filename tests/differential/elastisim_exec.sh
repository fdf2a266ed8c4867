#!/bin/sh
# The simulator that starts the script, for programs that take the name of a simulator.
exec "$ELASTISIM" "$@" --scheduler "exec:/usr/bin/python3 scheduler.py"
