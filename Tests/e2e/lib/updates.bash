# What rolling updates cost clients, over many of them.
#
# Sourced, never run.

count_losses() {
  local done=0 number
  installed
  window
  for number in $(seq "$UPDATES"); do
    bring usual
    if [ "$code" = 0 ]; then done=$((done + 1)); else went "update $number" 'exit 0'; fi
  done
  # The last old pod drains while its clients are still there.
  sleep 15
  window
  row 'updates' "$UPDATES" "$done"
  row 'updates: lost, new and kept' '0 of both' "$(lost)"
  printf '    requests, new and kept: %s; longest gap: %s ms; reconnected: %s announced, %s idle\n' \
    "$(seen new.sent kept.sent)" "$(seen longest_gap_ms)" \
    "$(seen reconnects.announced)" "$(seen reconnects.idle)"
  printf '    p99, new and kept: %s ms; sent late by %s ms in 99 of 100\n' \
    "$(seen new.latency_ms.p99 kept.latency_ms.p99)" "$(seen generator_late_ms.p99)"
}
