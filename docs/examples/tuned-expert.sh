#!/usr/bin/env bash
# An expert that was tuned on Python code, from its file to all requests: measured against the release that
# answers, with what got better and worse as the evidence of its change request.
#
# Needs a running Signalbox that serves the demo model, the key of an administrator, and a key of another
# person with the roles approver and auditor that the administrator did not hand out.
#
#   ADMIN_KEY=sbx_... APPROVER_KEY=sbx_... docs/examples/tuned-expert.sh
#
# npm test runs it against a Signalbox of its own.
set -euo pipefail

MODEL=${MODEL:-tiny-mixtral}
EXPERT=${EXPERT:-models/tiny-mixtral-python-expert}
OUT=${OUT:-tuned-expert}
SIGNALBOX=${SIGNALBOX:-npx signalbox}
export SIGNALBOX_URL=${SIGNALBOX_URL:-http://127.0.0.1:7070}
mkdir -p "$OUT"

say() { printf '\n== %s\n' "$*"; }
as_admin() { SIGNALBOX_API_KEY=$ADMIN_KEY $SIGNALBOX "$@"; }
as_approver() { SIGNALBOX_API_KEY=$APPROVER_KEY $SIGNALBOX "$@"; }
json() { node -pe "JSON.parse(require('fs').readFileSync(0, 'utf8'))$1"; }
api() { curl -sS "$SIGNALBOX_URL/api/v1/$1" -H "authorization: Bearer $ADMIN_KEY"; }

say "1. Upload the tuned expert, in the place of the one it was tuned from"
before=$(api "models/$MODEL/activation" | json .releaseId)
as_admin upload "$EXPERT/expert.safetensors" --kind expert --component expert/2/3 --model "$MODEL" --card "$EXPERT/card.json"
tuned=$(sha256sum "$EXPERT/expert.safetensors" | cut -d ' ' -f 1)

say "2. Compose a release of it; how far its weights moved"
as_admin releases create --base "$before" --replace "expert/2/3=$tuned" --note "expert 2/3 tuned on Python code" --json > "$OUT/release.json"
after=$(json .releaseId < "$OUT/release.json")
as_admin releases diff "$after"
as_admin components compare "$(api "releases/$before" | json '.manifest.components["expert/2/3"]')" "$tuned"

say "3. Open a change request for it"
as_admin change create replace-expert --model "$MODEL" --replace "expert/2/3=$tuned" \
  --title "Expert 2/3 tuned on Python code" --reason "Answers to code shall get better." --json > "$OUT/change.json"
change=$(json .id < "$OUT/change.json")

say "4. Evaluate it against the release that answers, as evidence that routers and experts still fit"
as_admin eval run evals/python-expert.yaml --candidate "$after" --reference "$before" --attach "$change" \
  --evidence recalibration-check --evidence evaluation --out "$OUT/evaluation.md"

say "5. Evaluate it on refusals and bypasses, as the safety suite"
as_admin eval run evals/safety.yaml --candidate "$after" --reference "$before" --attach "$change" --evidence safety-suite

say "6. Which part did it: router or expert?"
as_admin eval attribute "$before" "$after" --suite evals/python-expert.yaml --setting minBitsPerByte=0.001 --attach "$change"

say "7. Submit it; someone else reads and approves exactly this"
as_admin change submit "$change"
digest=$(as_approver change show "$change" --json | json .digest)
as_approver change approve "$change" --digest "$digest" --comment "Python is better, the rest within its bounds"

say "8. Apply it"
as_admin change apply "$change"

say "9. The dossier of the change"
as_approver change dossier "$change" --out "$OUT/dossier.md"
as_approver change dossier "$change" --json --out "$OUT/dossier.json"
