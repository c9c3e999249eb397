#!/usr/bin/env bash
# Installs what the tests need on a Debian machine, builds everything and runs all tests.
#   eng/test.sh [--require-truth] [FILTER]
# --require-truth: tests that need the published schema and samples (CRMSYNC_EWS_TRUTH, default ../shared/ews) fail without them instead of being skipped.
# FILTER: a `dotnet test --filter` expression, for working on one thing.
# The last line is: N passed, N failed, N skipped
set -euo pipefail
cd "$(dirname "$0")/.."
filter=()
for word in "$@"; do
  case "$word" in
    --require-truth) export CRMSYNC_REQUIRE_TRUTH=1 ;;
    *) filter=(--filter "$word") ;;
  esac
done
# Tests are short: code that watches itself run, to be compiled better later, is not worth its price.
export DOTNET_TieredPGO=0
export CRMSYNC_EWS_TRUTH="${CRMSYNC_EWS_TRUTH:-$(pwd)/../shared/ews}"

# 1. Programs of the system: a real database, a real browser, real foreign clients, NTLM.
packages=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || packages+=(postgresql)
[ -x /usr/bin/chromium ] || packages+=(chromium)
/usr/bin/python3 -c 'import exchangelib' 2>/dev/null || packages+=(python3-exchangelib)
[ -f /usr/share/davmail/davmail.jar ] && command -v java >/dev/null || packages+=(davmail-server default-jre-headless)
{ [ -f /usr/lib/evolution-data-server/calendar-backends/libecalbackendews.so ] && command -v dbus-run-session >/dev/null \
  && compgen -G '/usr/lib/*/girepository-1.0/ECal-2.0.typelib' >/dev/null && compgen -G '/usr/lib/*/girepository-1.0/EBook-1.2.typelib' >/dev/null \
  && /usr/bin/python3 -c 'import gi' 2>/dev/null; } || packages+=(evolution-data-server evolution-ews gir1.2-ecal-2.0 gir1.2-ebook-1.2 python3-gi dbus-daemon)
compgen -G '/usr/lib/*/gssntlmssp/gssntlmssp.so' >/dev/null || packages+=(gss-ntlmssp)
command -v openssl >/dev/null || packages+=(openssl)
if [ ${#packages[@]} -gt 0 ]; then
  echo "installing ${packages[*]}"
  sudo=(); [ "$(id -u)" = 0 ] || sudo=(sudo)
  "${sudo[@]}" apt-get update -qq
  DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

# 2. A PostgreSQL of our own on a spare loopback port.
pg=$(mktemp -d)
trap 'eng/postgres.sh stop "$pg" 2>/dev/null || true; rm -rf "$pg"' EXIT
CRMSYNC_TEST_POSTGRES=$(eng/postgres.sh start "$pg")
export CRMSYNC_TEST_POSTGRES

# 3. Build once, then every test project, one after the other: two cores.
dotnet build CrmSync.sln -nologo -v quiet -nodeReuse:false -clp:NoSummary
passed=0 failed=0 skipped=0 broken=0
log=$(mktemp)
for project in $(ls -d tests/*/*.csproj | sort); do
  echo "== $project"
  code=0 began=$SECONDS
  dotnet test "$project" --no-build -nologo "${filter[@]}" 2>&1 | tee "$log" || code=$?
  echo "took $((SECONDS - began)) s"
  if summary=$(grep -E '(Passed|Failed|Skipped)! +- Failed:' "$log" | tail -n 1) && [ -n "$summary" ]; then
    number() { sed -E "s/.*$1: *([0-9]+).*/\1/" <<<"$summary"; }
    failed=$((failed + $(number Failed))); passed=$((passed + $(number Passed))); skipped=$((skipped + $(number Skipped)))
  elif [ "$code" -ne 0 ]; then
    broken=$((broken + 1))
  fi
  [ "$code" -eq 0 ] || [ -n "${summary:-}" ] || echo "$project did not run to its end"
done
rm -f "$log"
failed=$((failed + broken))
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
