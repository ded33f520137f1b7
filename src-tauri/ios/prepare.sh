#!/bin/sh
# Puts what is ours into the Xcode project that `tauri ios init` made. Run it after each init; twice does no harm.
set -eu
cd "$(dirname "$0")/.."
for folder in gen/apple/*_iOS; do
  [ -d "$folder" ] || { echo "There is no gen/apple yet: run 'npm run tauri -- ios init --ci' first." >&2; exit 1; }
  cp ios/PrivacyInfo.xcprivacy "$folder/"
  # For iPads only. The template's project is also for iPhones, and an app in the store can never drop a kind of device.
  awk '/^ *TARGETED_DEVICE_FAMILY:/ { next }
    { print }
    /^ *PRODUCT_BUNDLE_IDENTIFIER:/ { sub(/PRODUCT_BUNDLE_IDENTIFIER:.*/, "TARGETED_DEVICE_FAMILY: \"2\""); print; found = 1 }
    END { exit !found }' gen/apple/project.yml > gen/apple/project.yml.new ||
    { echo "gen/apple/project.yml names no PRODUCT_BUNDLE_IDENTIFIER, after which the kind of device goes." >&2; exit 1; }
  mv gen/apple/project.yml.new gen/apple/project.yml
  cp ../icons/ios/* gen/apple/Assets.xcassets/AppIcon.appiconset/
  # XcodeGen finds new files, but writes the entitlements anew: ours come after it.
  (cd gen/apple && xcodegen generate --quiet)
  cp ios/KonnectGroep.entitlements "$folder/$(basename "$folder").entitlements"
done
