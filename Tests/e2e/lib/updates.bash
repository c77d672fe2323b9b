# What rolling updates cost clients, over many of them.
#
# Sourced, never run.
quiet_seconds=20

count_losses() {
  local well=0 number
  installed
  window
  sleep "$quiet_seconds"
  lost_nothing 'before any update'
  told_of_clients
  for number in $(seq "$UPDATES"); do
    bring usual
    if [ "$code" = 0 ]; then well=$((well + 1)); else went "update $number" 'exit 0'; fi
  done
  # The last old pod drains while clients are still there.
  sleep 15
  row 'updates that went well' "$UPDATES" "$well"
  lost_nothing 'updates'
  told_of_clients
}

# Of the window that has ended.
told_of_clients() {
  printf '    seconds, requests on new and on kept connections: %s\n' \
    "$(seen seconds new.sent kept.sent)"
  printf '    p50 and p99 of new, of kept, longest gap, lateness p99, ms: %s\n' \
    "$(seen new.latency_ms.p50 new.latency_ms.p99 kept.latency_ms.p50 kept.latency_ms.p99 \
      longest_gap_ms generator_late_ms.p99)"
}
