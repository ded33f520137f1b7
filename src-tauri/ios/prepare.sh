#!/bin/sh
# Puts what is ours into the Xcode project that `tauri ios init` made. Run it after each init; twice does no harm.
set -eu
cd "$(dirname "$0")/.."
for folder in gen/apple/*_iOS; do
  [ -d "$folder" ] || { echo "There is no gen/apple yet: run 'npm run tauri -- ios init --ci' first." >&2; exit 1; }
  cp ios/PrivacyInfo.xcprivacy "$folder/"
  cp ../icons/ios/* gen/apple/Assets.xcassets/AppIcon.appiconset/
  # XcodeGen finds new files, but writes the entitlements anew: ours come after it.
  (cd gen/apple && xcodegen generate --quiet)
  cp ios/KonnectGroep.entitlements "$folder/$(basename "$folder").entitlements"
done
