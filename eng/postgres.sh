#!/usr/bin/env bash
# Starts a throw-away PostgreSQL for tests and benchmarks, or stops it.
#   eng/postgres.sh start DIR   -> prints the connection string; data, socket and log live in DIR
#   eng/postgres.sh stop DIR [MODE]   -> MODE: fast (default), or immediate: as a crash
set -euo pipefail
dir=$(mkdir -p "$2" && cd "$2" && pwd)
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
as_owner() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
case "$1" in
  start)
    if [ ! -s "$dir/pg/PG_VERSION" ]; then
      [ "$(id -u)" != 0 ] || chown postgres "$dir"
      as_owner "$bin/initdb" -D "$dir/pg" -U crmsync -A trust --no-sync >/dev/null
      port=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1",0)); print(s.getsockname()[1])')
      echo "$port" > "$dir/port"
    fi
    port=$(cat "$dir/port")
    as_owner "$bin/pg_ctl" -D "$dir/pg" status >/dev/null 2>&1 ||
      as_owner "$bin/pg_ctl" -D "$dir/pg" -w -l "$dir/pg.log" -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$dir -c max_connections=300" start >/dev/null
    echo "Host=127.0.0.1;Port=$port;Username=crmsync;Database=postgres"
    ;;
  stop) as_owner "$bin/pg_ctl" -D "$dir/pg" -m "${3:-fast}" stop >/dev/null ;;
  *) echo "usage: $0 start DIR | stop DIR [fast|immediate]" >&2; exit 2 ;;
esac
