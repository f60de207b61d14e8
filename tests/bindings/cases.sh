# Sourced by the runners of this folder: collects test cases, prints them, and reports them to meson's caller in the
# way of GoogleTest: GTEST_OUTPUT=xml:FOLDER/ asks for FOLDER/<runner>.xml.

cases_passed=0 cases_failed=0 cases_skipped=0 cases_xml=

xml_text() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g' | tr -d '\000-\010\013\014\016-\037'; }

# add_case passed|failed|skipped NAME [REASON]
add_case() {
  local inner=
  case $1 in
    passed) cases_passed=$((cases_passed + 1)) ;;
    failed)
      cases_failed=$((cases_failed + 1))
      inner="<failure message=\"$(printf '%s' "${3:-}" | xml_text)\"/>"
      ;;
    skipped)
      cases_skipped=$((cases_skipped + 1))
      inner="<skipped message=\"$(printf '%s' "${3:-}" | xml_text)\"/>"
      ;;
  esac
  printf '%-7s %s%s\n' "$1" "$2" "${3:+: $3}"
  cases_xml+="<testcase status=\"run\" classname=\"$cases_class\" name=\"$(printf '%s' "$2" | xml_text)\">$inner</testcase>"$'\n'
}

# check NAME COMMAND...: one case, which passes where the command succeeds.
check() {
  local name=$1 output
  shift
  if output=$("$@" 2>&1 </dev/null); then add_case passed "$name"; else add_case failed "$name" "$output"; fi
}

# Prints the sums, writes the report, and exits.
finish_cases() {
  echo "$cases_passed passed, $cases_failed failed, $cases_skipped skipped"
  case ${GTEST_OUTPUT:-} in
    xml:*/)
      mkdir -p "${GTEST_OUTPUT#xml:}"
      printf '<?xml version="1.0"?>\n<testsuites>\n<testsuite name="%s">\n%s</testsuite>\n</testsuites>\n' \
        "$cases_class" "$cases_xml" >"${GTEST_OUTPUT#xml:}$(basename "$0").xml"
      ;;
  esac
  exit $((cases_failed > 0))
}

# The whole program is one skip.
skip_all() {
  echo "skipped: $1"
  exit 77
}
