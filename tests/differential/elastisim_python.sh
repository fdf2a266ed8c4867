#!/bin/sh
# The simulator with the script inside, for programs that take the name of a simulator.
exec "$ELASTISIM" "$@" --scheduler python:scheduler.py
