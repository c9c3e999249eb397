#!/usr/bin/env bash
# Compiles the assemblies of a folder ahead of time (ReadyToRun), in place: a server then starts in two thirds of the time.
#   eng/precompile.sh DIR CROSSGEN2   -> DIR holds the program, CROSSGEN2 the unpacked package Microsoft.NETCore.App.Crossgen2
set -euo pipefail
dir=$(cd "$1" && pwd)
compiler="$2/tools/crossgen2"
[ -x "$compiler" ] || chmod +x "$compiler"
framework() { dotnet --list-runtimes | sed -n "s|^$1 \(10\.[^ ]*\) \[\(.*\)\]|\2/\1|p" | sort -V | tail -n 1; }
core=$(framework Microsoft.NETCore.App)
web=$(framework Microsoft.AspNetCore.App)
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
cd "$dir"
export compiler core web made
# One that is compiled already, or holds no code, is refused and stays as it is.
printf '%s\n' *.dll | xargs -P "$(nproc)" -I{} sh -c \
  '"$compiler" "{}" -o "$made/{}" -r "$core/*.dll" -r "$web/*.dll" -r "./*.dll" --targetos linux --targetarch x64 -O >/dev/null 2>&1 || rm -f "$made/{}"'
[ -s "$made/CrmSync.Server.dll" ] || { echo "eng/precompile.sh: CrmSync.Server.dll could not be compiled ahead of time." >&2; exit 1; }
cp "$made"/*.dll .
