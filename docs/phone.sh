#!/usr/bin/env bash
# Makes docs/phone.png: the phone page in the middle of a conversation, by headless Chromium.
# Needs chromium and curl, and a built binary: docs/phone.sh [target/release/replytree]
set -euo pipefail
cd "$(dirname "$0")/.."
binary=${1:-target/release/replytree}
address=127.0.0.1:18765
lead=+13125550143
work=$(mktemp -d)
"$binary" --db memory: serve --listen "$address" >"$work/out" 2>"$work/log" &
server=$!
trap 'kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
for _ in $(seq 100); do grep -q sign-in "$work/out" && break; sleep 0.1; done
link=$(grep -o 'http://.*/sign-in/.*' "$work/out")

text() {
  curl -sf "http://$address/hooks/main/inbound" -H 'content-type: application/json' \
    -d "{\"id\":\"$RANDOM$RANDOM\",\"from\":\"$lead\",\"to\":\"+13125550100\",\"text\":\"$1\"}" >"$work/answer"
  curl -sf "http://$address/sandbox/clock" -H 'content-type: application/json' \
    -d '{"advance":"1m"}' >"$work/answer"
}
text DRIVE
text "yes please"
text "about 25k"

look() {
  chromium --headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking \
    --hide-scrollbars --user-data-dir="$work/profile" --window-size=1440,900 "$@" >"$work/seen" 2>"$work/chromium"
}
look --dump-dom "$link"
look --virtual-time-budget=4000 --screenshot="$PWD/docs/phone.png" \
  "http://$address/phone?phone=${lead/+/%2B}&flow=test-drive"
echo "wrote docs/phone.png"
