#!/bin/sh
# A shell hook: the event is on standard input, its name in DIRSYNC_EVENT_TYPE. Exit code 0 means that it is done;
# with any other, the event comes again. $1 is the app's database, $2 the Node that runs this demo.
set -eu

exec "$2" "$(dirname "$0")/badges.mjs" "$1"
