#!/usr/bin/env bash
# Starts a Trino server, compares it with Tidemark, and stops it. No output means that nothing unexpected differs. See README.md.
#
#   run.sh                          compares all files of test/slt and the statements of known-differences.txt
#   run.sh compare FILE...          compares these files
#   run.sh record IN.slt OUT.slt    writes Trino's answers to the expressions and statements of a file
#   run.sh serve                    starts Trino, prints its address and waits for Ctrl-C
#
# TRINO_URL uses a server that runs already. TRINO_HOME is an unpacked server, TRINO_VERSION another version, TRINO_CACHE the folder
# for downloads, JAVA_HOME the Java to run it (24 or later for version 476), MAVEN_REPOSITORY another place to download from.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
version=${TRINO_VERSION:-476}
cache=${TRINO_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tidemark-trino}
home=${TRINO_HOME:-$cache/trino-server-$version}
java_least=24
server_pid=
work=

fail() { echo "run.sh: $*" >&2; exit 1; }

# stop ends the server that this script started, and removes its files.
stop() {
	if [ -n "$server_pid" ]; then
		kill "$server_pid" 2>/dev/null || true
		for _ in $(seq 100); do
			kill -0 "$server_pid" 2>/dev/null || break
			sleep 0.1
		done
		kill -9 "$server_pid" 2>/dev/null || true
		wait "$server_pid" 2>/dev/null || true
	fi
	[ -z "$work" ] || rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT TERM

java_version() { "$1/bin/java" -version 2>&1 | sed -n '1s/^[^"]*"\([0-9]*\).*/\1/p'; }

# find_java prints the home of a Java that is new enough: JAVA_HOME, or the first found where systems keep them.
find_java() {
	local candidate
	for candidate in ${JAVA_HOME:+"$JAVA_HOME"} /usr/lib/jvm/* /Library/Java/JavaVirtualMachines/*/Contents/Home; do
		if [ -x "$candidate/bin/java" ] && [ "$(java_version "$candidate")" -ge "$java_least" ] 2>/dev/null; then
			echo "$candidate"
			return
		fi
	done
	fail "no Java $java_least or later found; set JAVA_HOME"
}

# download leaves an unpacked server in $home: of the archive's many plugins the memory connector alone.
download() {
	local archive=$cache/trino-server-$version.tar.gz
	mkdir -p "$cache"
	if [ ! -f "$archive" ]; then
		echo "downloading Trino $version (about 800 MB) into $cache" >&2
		local url=${MAVEN_REPOSITORY:-https://repo1.maven.org/maven2}/io/trino/trino-server/$version/trino-server-$version.tar.gz
		curl -fsSL -o "$archive.part" "$url"
		echo "$(curl -fsSL "$url.sha1")  $archive.part" | sha1sum -c --quiet - || fail "the archive is damaged"
		mv "$archive.part" "$archive"
	fi
	mkdir "$cache/unpack.$$"
	tar xzf "$archive" -C "$cache/unpack.$$" "trino-server-$version/bin" "trino-server-$version/lib" "trino-server-$version/plugin/memory"
	mv "$cache/unpack.$$/trino-server-$version" "$home"
	rmdir "$cache/unpack.$$"
	rm "$archive"
}

# configure writes the settings of a small server on the given port into $work.
configure() {
	mkdir -p "$work/etc/catalog"
	cat >"$work/etc/config.properties" <<-END
		coordinator=true
		node-scheduler.include-coordinator=true
		http-server.http.port=$1
		discovery.uri=http://127.0.0.1:$1
		query.max-memory=512MB
		query.max-memory-per-node=512MB
		memory.heap-headroom-per-node=256MB
		query.min-expire-age=1s
		query.max-history=10
		catalog.management=static
	END
	echo 'connector.name=memory' >"$work/etc/catalog/memory.properties"
	echo 'io.trino=WARN' >"$work/etc/log.properties"
}

# free_port prints a port on which nobody listens.
free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 20000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
	done
}

# start runs a server and waits until it answers. It sets TRINO_URL.
start() {
	[ -d "$home/lib" ] || download
	local java port
	java=$(find_java)
	port=$(free_port)
	work=$(mktemp -d)
	configure "$port"
	(cd "$work" && exec "$java/bin/java" -Xmx2G -XX:+UseSerialGC -XX:ReservedCodeCacheSize=256M -Djdk.attach.allowAttachSelf=true \
		-Djdk.nio.maxCachedBufferSize=2000000 -Dfile.encoding=UTF-8 --add-modules=jdk.incubator.vector \
		--sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED -XX:+EnableDynamicAgentLoading \
		-Dnode.environment=oracle -Dnode.id=oracle -Dnode.data-dir="$work/data" -Dnode.bind-ip=127.0.0.1 -Dnode.internal-address=127.0.0.1 -Dplugin.dir="$home/plugin" \
		-Dconfig="$work/etc/config.properties" -Dlog.levels-file="$work/etc/log.properties" -Dcatalog.config-dir="$work/etc/catalog" \
		-cp "$home/lib/*" io.trino.server.TrinoServer) >"$work/server.log" 2>&1 &
	server_pid=$!
	export TRINO_URL=http://127.0.0.1:$port
	for _ in $(seq 120); do
		kill -0 "$server_pid" 2>/dev/null || { tail -30 "$work/server.log" >&2; fail "Trino did not start"; }
		if curl -fs "$TRINO_URL/v1/info" 2>/dev/null | grep -q '"starting":false'; then
			return
		fi
		sleep 1
	done
	tail -30 "$work/server.log" >&2
	fail "Trino did not start within two minutes"
}

# tests runs the comparison, and prints what it found if it fails, or with VERBOSE=1.
tests() {
	local out status=0
	out=$(cd "$here" && go test -count=1 -v -timeout 60m -run "$1" . -trino "$TRINO_URL" "${@:2}" 2>&1) || status=$?
	if [ "$status" != 0 ] || [ -n "${VERBOSE:-}" ]; then
		echo "$out" | sed -E '/^(===|---|PASS|FAIL|ok )/d; s/^    [a-z_]+_test\.go:[0-9]+: //'
	fi
	return "$status"
}

# absolute prints the names of files as seen from anywhere.
absolute() { realpath -- "$@"; }

command=${1:-compare}
shift || true
case $command in
compare)
	[ $# = 0 ] || mapfile -t files < <(absolute "$@")
	;;
record)
	[ $# = 2 ] || fail "usage: run.sh record IN.slt OUT.slt"
	mapfile -t files < <(absolute "$@")
	;;
serve) ;;
*) fail "unknown command $command" ;;
esac

[ -n "${TRINO_URL:-}" ] || start
case $command in
compare) tests TestDifferences ${files+"${files[@]}"} ;;
record) tests TestRecord -record "${files[1]}" "${files[0]}" ;;
serve)
	echo "$TRINO_URL"
	[ -z "$server_pid" ] || wait "$server_pid"
	;;
esac
