#!/usr/bin/env bash
# Adds a migration to all three databases, or takes the last one back.
#   eng/migrate.sh add NAME
#   eng/migrate.sh remove
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet tool restore >/dev/null
for database in Sqlite PostgreSql SqlServer; do
  project="db/migrations/$database"
  dotnet build "$project" -v q --nologo
  case "$1" in
    add) dotnet ef migrations add "$2" --project "$project" --no-build --output-dir Migrations ;;
    remove) dotnet ef migrations remove --force --project "$project" ;;
    *) echo "usage: $0 add NAME | remove" >&2; exit 2 ;;
  esac
done
