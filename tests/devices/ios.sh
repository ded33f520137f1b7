#!/bin/bash
# Runs S1 and S2 in the iPad app in a simulator, and keeps a screenshot of each screen and the app's log. For
# .github/workflows/ios.yml; it has not run in a simulator yet (docs/device-checks.md).
#
#   ios.sh "Konnect Groep.app" pictures
#
# The simulator's command line can start apps and open links, but it cannot touch or type, and Apple's test runner is not
# used here. So this ends at the sign-in page. Accepting a setup link, the sign-in (S3) and the pop-up (S7) are checked by
# hand (docs/device-checks.md). This script checks that the app runs and what it logs; the screenshots are for a person.
set -euo pipefail
app=$1
mkdir -p "$2"
pictures=$(cd "$2" && pwd)
id=nl.kidskonnect.groep

device=$(xcrun simctl list devices available --json | jq -r '[.devices | to_entries[] | select(.key | contains("iOS")) | .value[] | select(.name | startswith("iPad"))] | last | .udid // empty')
[ -n "$device" ] || { echo "There is no simulated iPad." >&2; exit 1; }
xcrun simctl bootstatus "$device" -b
# Without this the system asks for each link whether it may open the app, and nobody answers.
xcrun simctl spawn "$device" defaults write com.apple.launchservices.schemeapproval "com.apple.CoreSimulator.CoreSimulatorBridge-->$id" -string "$id"
xcrun simctl install "$device" "$app"

# Writes the app's part of the system's log from now on to a file of this name.
listen() {
  log=$pictures/$1.log
  [ -z "${listener:-}" ] || kill "$listener"
  xcrun simctl spawn "$device" log stream --level debug --style compact --predicate "subsystem == \"$id\"" > "$log" &
  listener=$!
  sleep 5
}

# Restarts the app, and listens.
start() {
  listen "$1"
  xcrun simctl launch --terminate-running-process "$device" "$id"
}
trap '[ -z "${listener:-}" ] || kill "$listener"' EXIT

# Waits for a log line that contains this text.
logged() {
  for _ in $(seq 60); do
    if grep -qF "$1" "$log"; then return; fi
    sleep 1
  done
  echo "timed out waiting for $1 in:" >&2
  cat "$log" >&2
  exit 1
}

# Checks that the app still runs, and takes a screenshot after it had time to draw.
picture() {
  sleep 3
  xcrun simctl spawn "$device" launchctl list | grep -F "$id" > /dev/null || { echo "The app is gone." >&2; cat "$log" >&2; exit 1; }
  xcrun simctl io "$device" screenshot "$pictures/$1.png"
}

start S1
logged '{"event":"settings"}'
picture S1-not-set-up

xcrun simctl openurl "$device" "$id:/setup#tenant=zonnetje"
logged '{"event":"setup_link_offered"}'
picture S2-set-up-by-link

# The link of a card that staff scan with the camera starts the app, and must not get lost on the way.
xcrun simctl terminate "$device" "$id"
listen S2-card
xcrun simctl openurl "$device" "$id:/setup#tenant=zonnetje"
logged '{"event":"setup_link_offered"}'
picture S2-card-starts-the-app

# As an MDM would configure it.
echo '{"tenant":"zonnetje"}' > "$pictures/managed.json"
export SIMCTL_CHILD_KONNECT_GROEP_MANAGED=$pictures/managed.json
start S2
logged '{"event":"settings"}'
picture S2-sign-in
if grep -F '"event":"fatal"' "$pictures"/*.log; then exit 1; fi
echo "S1 and S2: the app runs; look at the pictures"
