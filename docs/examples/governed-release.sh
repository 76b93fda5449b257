#!/usr/bin/env bash
# A re-tuned expert from its checkpoint to all requests and back, under change control.
#
# Needs a running Signalbox that serves MODEL, the checkpoint folder of the re-tuned model on its machine,
# the key of an administrator, and a key of another person with the roles approver and auditor that the
# administrator did not hand out (docs/changes.md tells how such a key is made).
#
#   ADMIN_KEY=sbx_... APPROVER_KEY=sbx_... docs/examples/governed-release.sh CHECKPOINT
#
# npm test runs it against a Signalbox of its own.
set -euo pipefail

CHECKPOINT=${1:?give the folder of the re-tuned checkpoint}
MODEL=${MODEL:-tiny-mixtral}
SHARE=${SHARE:-0.5}
OUT=${OUT:-governed-release}
SIGNALBOX=${SIGNALBOX:-npx signalbox}
export SIGNALBOX_URL=${SIGNALBOX_URL:-http://127.0.0.1:7070}
mkdir -p "$OUT"

say() { printf '\n== %s\n' "$*"; }
as_admin() { SIGNALBOX_API_KEY=$ADMIN_KEY $SIGNALBOX "$@"; }
as_approver() { SIGNALBOX_API_KEY=$APPROVER_KEY $SIGNALBOX "$@"; }
# A command that must be refused, and what it says.
refused() {
  if "$@" > "$OUT/refusal" 2>&1; then echo "should have been refused: $*" >&2; exit 1; fi
  cat "$OUT/refusal"
}
json() { node -pe "JSON.parse(require('fs').readFileSync(0, 'utf8'))$1"; }
# The release that answers a request of a session of its own.
answered_by() {
  curl -sS -o /dev/null -D - "$SIGNALBOX_URL/v1/completions" -H "authorization: Bearer $ADMIN_KEY" -H 'content-type: application/json' \
    -d "{\"model\":\"$MODEL\",\"prompt\":\"The court held that\",\"max_tokens\":4,\"user\":\"$1\"}" | tr -d '\r' | sed -n 's/^x-signalbox-release: //p'
}
# Asks until a release answers, for at most a minute.
wait_for() {
  for attempt in $(seq 1 120); do
    if [ "$(answered_by "wait-$attempt")" = "$1" ]; then return; fi
    sleep 0.5
  done
  echo "release $1 does not answer" >&2
  exit 1
}

say "1. Import the re-tuned checkpoint beside its parent"
before=$(answered_by first)
as_admin import "$CHECKPOINT" --model "$MODEL" --parent "$before" --note "re-tuned" | tee "$OUT/import.txt"
after=$(grep -oE 'release [0-9a-f]{64}' "$OUT/import.txt" | head -1 | cut -d ' ' -f 2)
as_admin releases diff "$after"

say "2. From now on the model changes only by approved requests"
as_admin change mode "$MODEL" required --reason "it serves customers"
refused as_admin activate "$after" --model "$MODEL"

say "3. Open a change request for the re-tuned expert"
changed=$(curl -sS "$SIGNALBOX_URL/api/v1/releases/$after/diff" -H "authorization: Bearer $ADMIN_KEY" | node -pe 'const [one] = JSON.parse(require("fs").readFileSync(0, "utf8")).components; `${one.name}=${one.after.sha256}`')
as_admin change create replace-expert --model "$MODEL" --replace "$changed" --canary "$SHARE" --sticky-by session \
  --title "Re-tuned ${changed%%=*}" --reason "It was tuned on newer texts." --json > "$OUT/change.json"
change=$(json .id < "$OUT/change.json")
as_admin change show "$change"

say "4. Submit it: refused, for its evidence is missing"
refused as_admin change submit "$change"

say "5. Attach the evidence and submit it"
echo '{"suite":"refusals","passed":412,"failed":0}' > "$OUT/safety-suite.json"
echo '{"check":"router and experts","divergence":0.004}' > "$OUT/recalibration.json"
as_admin change evidence add "$change" safety-suite "$OUT/safety-suite.json" > /dev/null
as_admin change evidence add "$change" recalibration-check "$OUT/recalibration.json" > /dev/null
as_admin change submit "$change"

say "6. Approve it oneself: refused, administrator or not"
refused as_admin change approve "$change"
refused as_admin change apply "$change"

say "7. Someone else reads and approves exactly this"
digest=$(as_approver change show "$change" --json | json .digest)
as_approver change approve "$change" --digest "$digest" --comment "the suite is that of this version"

say "8. Apply it: a canary begins"
as_admin change apply "$change"
wait_for "$after"

say "9. Promote it: all requests go to the re-tuned expert"
as_admin change promote "$change" --comment "a day without findings"
wait_for "$after"

say "10. Roll it back, which needs nobody's leave"
as_admin rollback --model "$MODEL" --reason "answers in the wrong tone"
wait_for "$before"

say "11. The dossier of the change, and the proof of the audit log"
as_approver change dossier "$change" --out "$OUT/dossier.md"
as_approver change dossier "$change" --json --out "$OUT/dossier.json"
rm -f "$OUT/audit.ndjson"
as_approver audit export --out "$OUT/audit.ndjson"
as_approver audit verify "$OUT/audit.ndjson"
say "Done: $OUT/dossier.md"
