#!/usr/bin/env bash
# Runs real AWS clients against a server: run.sh SERVER_BINARY [CLIENT...]
#
# Clients are boto3, cli, javascript, go-v2, go-v2-2024 and go-v1; without any, all of them. They are installed in pinned
# versions into a temporary folder, or into $CONFORMANCE_TOOLS, which is kept. Prints one line for each client and scenario or
# failed case; the exit code is 1 if something is not as it should be. README.md says what scenarios and cases are. With
# CONFORMANCE_RECORD=1 results.txt is written anew.
set -euo pipefail
cd "$(dirname "$0")"

[ $# -ge 1 ] || { echo "usage: run.sh SERVER_BINARY [CLIENT...]" >&2; exit 2; }
server=$(realpath "$1")
shift
clients=("$@")
[ $# -gt 0 ] || clients=(boto3 cli javascript go-v2 go-v2-2024 go-v1)
case_clients="boto3 cli javascript go-v2" # in the order of results.txt
scenarios="list-databases create write-rejected query-pages cancel-query validation-text discovery delete"

work=$(mktemp -d)
tools=${CONFORMANCE_TOOLS:-$work/tools}
mkdir -p "$tools" "$work/home"
server_pid=
finish() {
	[ -z "$server_pid" ] || kill "$server_pid" 2>/dev/null || true
	rm -rf "$work"
}
trap finish EXIT

need() { command -v "$1" >/dev/null || { echo "$1 is not installed, but $2 needs it" >&2; return 1; }; }

install_python() {
	need python3 "boto3 and cli"
	[ -x "$tools/python/bin/python" ] || python3 -m venv "$tools/python"
	"$tools/python/bin/python" -m pip install --quiet --disable-pip-version-check -r python/requirements.txt
}

install_javascript() {
	need npm javascript
	mkdir -p "$tools/javascript"
	cp javascript/package.json javascript/package-lock.json javascript/*.mjs "$tools/javascript/"
	npm ci --prefix "$tools/javascript" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
}

install_go() { # name, folder, further arguments of go build
	need go "$1"
	local name=$1 folder=$2
	shift 2
	GOWORK=off GOFLAGS=-mod=readonly go build -C "$folder" "$@" -o "$tools/$name" .
}

install() {
	case $1 in
	python) install_python ;;
	javascript) install_javascript ;;
	go-v2) install_go go-v2 go-v2 ;;
	go-v2-2024) install_go go-v2-2024 go-v2 -modfile=sdk-2024.mod ;;
	go-v1) install_go go-v1 go-v1 ;;
	*) echo "there is no client $1" >&2; return 1 ;;
	esac
}

# start sets $url to the address of a server on a free port, with a folder of its own, and $server_pid. Its log is in $work/log.
start() { # folder, further arguments of serve
	local folder=$work/$1
	shift
	mkdir -p "$folder/objects/conformance/load+" # what the batch loads of the cases read
	printf 'at,measure,host,load\n%s000,m,h1,1.5\n' "$(date +%s)" >"$folder/objects/conformance/load+/rows.csv"
	"$server" serve --data "$folder" --listen 127.0.0.1:0 --log-level debug "$@" >"$work/out" 2>"$work/log" &
	server_pid=$!
	for _ in $(seq 300); do
		url=$(sed -n 's/^Tidemark is up on \(http:[^,]*\),.*/\1/p' "$work/out")
		[ -z "$url" ] || return 0
		kill -0 "$server_pid" 2>/dev/null || break
		sleep 0.1
	done
	echo "the server did not start:" >&2
	cat "$work/out" "$work/log" >&2
	return 1
}

# stop ends the server, and complains if it did.
stop() {
	kill "$server_pid"
	wait "$server_pid" || true
	server_pid=
	if grep -E 'level=(WARN|ERROR)' "$work/log"; then
		echo "FAIL     the server complained"
		failed=1
	fi
}

# command_of prints the command of a client, without its arguments.
command_of() {
	case $1 in
	boto3) echo "$tools/python/bin/python -B python/boto.py" ;;
	cli) echo "$tools/python/bin/python -B python/cli.py" ;;
	javascript) echo "node --no-warnings $tools/javascript/scenarios.mjs" ;;
	*) echo "$tools/$1" ;;
	esac
}

# modes_of prints how a client can be told the endpoint, each with the number of times that its scenarios ask for the
# endpoint themselves, and whether the SDK does so before other calls ("asks") or not ("silent").
modes_of() {
	case $1 in
	boto3) echo "code:2:silent env:2:asks" ;;
	cli) echo "code:1:silent env:1:asks" ;;
	javascript) echo "code:2:silent env:2:asks" ;;
	go-v1) echo "code:2:silent" ;;
	*) echo "code:2:asks env:2:asks" ;;
	esac
}

# cases_of prints the command that runs the cases of a file by a client with a database.
cases_of() { # client, database, file
	case $1 in
	boto3 | cli) echo "$tools/python/bin/python -B python/cases.py $1 $url $2 $3" ;;
	javascript) echo "node --no-warnings $tools/javascript/cases.mjs $url $2 $3" ;;
	*) echo "$tools/$1 code $url $2 $3" ;;
	esac
}

failed=0
# judge prints what became of a scenario, in the light of expected-failures.txt.
judge() { # client, scenario, ok or why not, "quietly" for nothing about what is as it should be
	local expected
	expected=$(sed -n "s|^$1 $2 ||p; s|^\* $2 ||p" expected-failures.txt)
	case "$3:$expected" in
	ok:) [ "${4:-}" = quietly ] || printf 'ok       %-16s %s\n' "$1" "$2" ;;
	ok:*) printf 'FAIL     %-16s %s: passes now, take it off expected-failures.txt\n' "$1" "$2"; failed=1 ;;
	*:) printf 'FAIL     %-16s %s: %s\n' "$1" "$2" "$3"; failed=1 ;;
	*) printf 'expected %-16s %s: %s\n' "$1" "$2" "$expected" ;;
	esac
}

environment=(HOME="$work/home" PATH="$PATH" NO_PROXY=127.0.0.1 no_proxy=127.0.0.1 AWS_EC2_METADATA_DISABLED=true
	AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=AKID AWS_SECRET_ACCESS_KEY=SECRET)

# run_cases runs the cases of a file by a client, and notes the results in $work/results. What is as it should be is only counted.
run_cases() { # client, file, further variables
	local name result count=0
	# shellcheck disable=SC2046 # the command is several words
	env -i "${environment[@]}" "${@:3}" timeout 300 $(cases_of "$1" "$1-cases" "$2") >"$work/answers" 2>"$work/errors" || true
	while read -r name; do
		result=$(sed -n "s|^ok $name\$|ok|p; s|^FAIL $name: ||p" "$work/answers")
		judge "$1" "$name" "${result:-did not run: $(tr '\n' ' ' <"$work/errors" | tail -c 500)}" quietly
		[ "$result" = ok ] || result=fails
		echo "$1 $name $result" >>"$work/results"
		count=$((count + 1))
	done < <(sed -n 's/.*"operation":"\([^"]*\)","case":"\([^"]*\)".*/\1\/\2/p' "$2")
	printf 'ok       %-16s %d cases of %s\n' "$1" "$count" "$(basename "$2")"
}

# failing_cases prints the first success of each operation, but those of a pattern, as a case that fails.
failing_cases() { # name, error, text, pattern of other operations
	grep '"case":"success"' cases.json | grep -Ev '"operation":"('"$4"')"' |
		sed -e 's/"case":"success"/"case":"'"$1"'"/' -e 's/,"expect":.*/,"error":"'"$2"'","text":"'"$3"'"}/' \
			-e 's|${arn}|arn:aws:timestream:us-east-1:000000000000:database/devops|g' -e 's/${\(query\|task\)}/NOSUCHID/g' \
			-e 's|${scheduled}|arn:aws:timestream:us-east-1:000000000000:scheduled-query/none-0123456789ab|g' -e '$!s/$/,/' -e '1s/^/[/' -e '$s/$/]/'
}

discoveries() { grep -c ' operation=DescribeEndpoints ' "$work/log" || true; }

# scenarios_of runs the program of a client in one mode. What it says is in $work/answers and $work/errors.
scenarios_of() { # client, mode, further variables
	local client=$1 mode=$2
	shift 2
	local settings=("${environment[@]}" "$@")
	[ "$mode" = code ] || settings+=(AWS_ENDPOINT_URL="$url")
	# shellcheck disable=SC2046 # the command is several words
	env -i "${settings[@]}" timeout 120 $(command_of "$client") "$mode" "$url" "$client-$mode" >"$work/answers" 2>"$work/errors" || true
}

# refused sees to it that a client with a wrong secret is told so.
refused() { # client
	local result
	scenarios_of "$1" code AWS_SECRET_ACCESS_KEY=WRONG
	result=$(sed -n "s/^FAIL list-databases: //p" "$work/answers")
	case "$result$(cat "$work/errors")" in
	*InvalidSignatureException*) judge "$1/code$suffix" wrong-secret ok ;;
	*) judge "$1/code$suffix" wrong-secret "${result:-did not fail}" ;;
	esac
}

suffix= # of the names of runs with authentication
# run runs the scenarios of a client in one mode.
run() { # client, mode, explicit discoveries, asks or silent
	local name="$1/$2$suffix" before automatic scenario result asked=silent
	before=$(discoveries)
	scenarios_of "$1" "$2"
	automatic=$(($(discoveries) - before - $3))
	for scenario in $scenarios; do
		result=$(sed -n "s/^ok $scenario\$/ok/p; s/^FAIL $scenario: //p" "$work/answers")
		judge "$name" "$scenario" "${result:-did not run: $(tr '\n' ' ' <"$work/errors" | tail -c 500)}"
	done
	[ "$automatic" -le 0 ] || asked=asks
	[ "$asked" = "$4" ] && result=ok || result="$automatic automatic discoveries, but the SDK is one that $4"
	judge "$name" automatic-discovery "$result"
}

# Install all clients at the same time.
declare -A installing=()
for client in "${clients[@]}"; do
	need_of=$client
	case $client in boto3 | cli) need_of=python ;; esac
	[ -z "${installing[$need_of]:-}" ] || continue
	install "$need_of" &
	installing[$need_of]=$!
done
for name in "${!installing[@]}"; do
	wait "${installing[$name]}" || { echo "FAIL     $name cannot be installed" >&2; exit 1; }
done

start data
for client in "${clients[@]}"; do
	for mode in $(modes_of "$client"); do
		IFS=: read -r how explicit asks <<<"$mode"
		run "$client" "$how" "$explicit" "$asks"
	done
done

: >"$work/results"
ran=
for client in $case_clients; do
	if [[ " ${clients[*]} " = *" $client "* ]]; then
		run_cases "$client" cases.json
		ran="$ran $client"
	fi
done
stop

# users writes the file of users: the clients' key and what it may do.
users() { # policies, as members of a user
	(umask 077 && echo '{"Users": [{"UserName": "clients", "AccessKeys": [{"AccessKeyId": "AKID", "SecretAccessKey": "SECRET"}], '"$1"'}]}' >"$work/users.json")
}

# A server where the clients' key may do everything, and another secret nothing.
suffix=+auth
users '"AttachedPolicies": ["AmazonTimestreamFullAccess", "AmazonS3FullAccess"]'
start signed --auth-file "$work/users.json"
for client in "${clients[@]}"; do
	mode=$(modes_of "$client")
	IFS=: read -r how explicit asks <<<"${mode%% *}"
	run "$client" "$how" "$explicit" "$asks"
	refused "$client"
done
stop

# A server where it may do nothing but ask for the endpoint.
failing_cases denied AccessDeniedException 'is not authorized to perform: timestream:' \
	'DescribeEndpoints|TagResource|UntagResource|ListTagsForResource' >"$work/denied.json" # which permissions are not documented for
users '"Policies": [{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "timestream:DescribeEndpoints", "Resource": "*"}}]'
start guarded --auth-file "$work/users.json"
for client in $ran; do
	run_cases "$client" "$work/denied.json"
done
stop

# A server that throttles everything but that question.
failing_cases throttled ThrottlingException 'Request rate limit exceeded' DescribeEndpoints >"$work/throttled.json"
start throttling --rate-limit 'DescribeEndpoints=1000' --rate-limit '*=0'
for client in $ran; do
	run_cases "$client" "$work/throttled.json" AWS_MAX_ATTEMPTS=1
done
stop

if [ "${CONFORMANCE_RECORD:-}" = 1 ] && [ "$ran" = " $case_clients" ]; then
	{ echo "# What each client got from each case. Written by run.sh with CONFORMANCE_RECORD=1."; cat "$work/results"; } >results.txt
fi
for client in $ran; do
	if ! diff <(grep "^$client " results.txt) <(grep "^$client " "$work/results"); then
		echo "FAIL     results.txt is not what $client found: CONFORMANCE_RECORD=1 writes it, then go test ./test/conformance -rewrite"
		failed=1
	fi
done
exit $failed
