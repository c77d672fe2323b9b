# A table of what was expected and what was seen, for scripts that break or look at something.
#
# Sourced, never run.
passed=0
failed=0

# Waits until a condition holds, at most so many tenths of a second.
wait_until() { # TENTHS COMMAND...
  local tenths=$1
  shift
  for _ in $(seq "$tenths"); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  return 1
}

heading() { # COLUMNS...
  printf '%-34s | %-22s | %-22s | %s\n' "$@"
  printf -- '-----------------------------------+------------------------+------------------------+------\n'
}

row() { # CASE EXPECTED SEEN
  judged "$1" "$2" "$3" "$([ "$2" = "$3" ] && echo ok)"
}

# A row for what is judged by another way than that it is the same.
judged() { # CASE EXPECTED SEEN ok
  local verdict=ok
  if [ "$4" = ok ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    verdict=WRONG
  fi
  printf '%-34s | %-22s | %-22s | %s\n' "$1" "$2" "$3" "$verdict"
}

conclude() { # NUMBER OF ROWS EXPECTED
  if [ $((passed + failed)) != "$1" ]; then
    echo "$((passed + failed)) of $1 rows were filled"
    failed=$((failed + 1))
  fi
  printf '%s passed, %s failed\n' "$passed" "$failed"
  [ "$failed" = 0 ]
}
