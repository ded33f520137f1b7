#!/bin/bash
# Looks at S1 and S2 in the iPad app in a simulator, and keeps a picture of each sight and what the app logged. For
# .github/workflows/ios.yml; it has run in no simulator yet: docs/device-checks.md.
#
#   ios.sh "Konnect Groep.app" pictures
#
# A simulator's command line starts apps and opens links. It touches nothing and types nothing, and Apple's own test
# runner is not used here. So this ends at the sign-in page: the answer to a set-up link, the sign-in (S3) and the
# pop-up (S7) are left to a hand, by docs/device-checks.md. What a page shows is in its picture, for somebody to look at;
# what is checked here is that the app runs, and its log.
set -euo pipefail
app=$1
mkdir -p "$2"
pictures=$(cd "$2" && pwd)
id=nl.kidskonnect.groep

device=$(xcrun simctl list devices available --json | jq -r '[.devices | to_entries[] | select(.key | contains("iOS")) | .value[] | select(.name | startswith("iPad"))] | last | .udid // empty')
[ -n "$device" ] || { echo "There is no simulated iPad." >&2; exit 1; }
xcrun simctl bootstatus "$device" -b
# Otherwise the system asks on each link whether it may open the app, and nobody answers.
xcrun simctl spawn "$device" defaults write com.apple.launchservices.schemeapproval "com.apple.CoreSimulator.CoreSimulatorBridge-->$id" -string "$id"
xcrun simctl install "$device" "$app"

# Starts the app anew. What it writes is in the system's log; from here on it goes to a file of that name.
start() {
  log=$pictures/$1.log
  [ -z "${listener:-}" ] || kill "$listener"
  xcrun simctl spawn "$device" log stream --level debug --style compact --predicate "subsystem == \"$id\"" > "$log" &
  listener=$!
  sleep 5
  xcrun simctl launch --terminate-running-process "$device" "$id"
}
trap '[ -z "${listener:-}" ] || kill "$listener"' EXIT

# Waits for a line that has this in it.
logged() {
  for _ in $(seq 60); do
    if grep -qF "$1" "$log"; then return; fi
    sleep 1
  done
  echo "waited in vain for $1 in:" >&2
  cat "$log" >&2
  exit 1
}

# The app still runs, and this is what it shows, once it has drawn.
picture() {
  sleep 3
  xcrun simctl spawn "$device" launchctl list | grep -F "$id" > /dev/null || { echo "The app is gone." >&2; cat "$log" >&2; exit 1; }
  xcrun simctl io "$device" screenshot "$pictures/$1.png"
}

start S1
logged '{"event":"settings"}'
picture S1-not-set-up

xcrun simctl openurl "$device" "$id:/setup#tenant=zonnetje"
logged '{"event":"link_offered"}'
picture S2-set-up-by-link

# As a device manager would have set it up.
echo '{"tenant":"zonnetje"}' > "$pictures/managed.json"
export SIMCTL_CHILD_KONNECT_GROEP_MANAGED=$pictures/managed.json
start S2
logged '{"event":"settings"}'
picture S2-sign-in
if grep -F '"event":"fatal"' "$pictures"/*.log; then exit 1; fi
echo "S1 and S2: the app runs; look at the pictures"
