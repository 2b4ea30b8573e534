#!/bin/sh
# What the program does to files, and what files can do to it: modes, planted links, pipes, sockets, core files.
# Prints TAP.
. "$(dirname "$0")/tap.sh"
needs_built
sensor=

mode() {
	stat -c %a "$1"
}

generate --scenario plain --out "$work/plain.pcap" >/dev/null 2>&1 || broken 'the generator failed'
printf 'unrelated\n' >"$work/unrelated"

# Who uses which application is nobody else's business.
ok 'it writes records, alerts and an archive' "$bin" analyze --flows "$work/f.ndjson" --alerts "$work/a.ndjson" \
	--archive "$work/archive" --summary none "$work/plain.pcap"
equal 'records are their owner'"'"'s alone' 600 "$(mode "$work/f.ndjson")"
equal 'alerts likewise' 600 "$(mode "$work/a.ndjson")"
ln -s "$work/unrelated" "$work/own.ndjson"
ok 'a link of our own is followed' "$bin" analyze --flows "$work/own.ndjson" --summary none "$work/plain.pcap"
printf 'unrelated\n' >"$work/unrelated"

# Pipes where a file is expected are not waited for.
mkfifo "$work/pipe"
says 2 'pipe: not a regular file' 'a pipe in place of a policy is refused at once' \
	timeout 5 "$bin" analyze --policy "$work/pipe" "$work/plain.pcap"
block=$(find "$work/archive" -name 'flows-*.bfa' | head -n 1)
mv "$block" "$work/block" && mkfifo "$block"
says 3 'cannot read' 'a pipe in place of an archive'"'"'s block is said' timeout 5 "$bin" flows --archive "$work/archive"
rm "$block" && mv "$work/block" "$block"

if [ "$(id -u)" -ne 0 ]; then
	passed_over 'links and sockets of others' 'not root'
	finish
fi
# A command that looks at what a refusal has left: there has to have been one.
after_refusal() {
	if [ $was_said -ne 0 ]; then
		echo 'nothing was refused'
		return 1
	fi
	"$@"
}
mkdir "$work/theirs"
ln -s "$work/unrelated" "$work/theirs/f.ndjson"
chown -h nobody "$work/theirs/f.ndjson"
says 2 'a link that another user made' 'a link that somebody else laid is not followed' \
	"$bin" analyze --flows "$work/theirs/f.ndjson" --summary none "$work/plain.pcap"
equal 'what it leads to is as it was' unrelated "$(after_refusal cat "$work/unrelated")"
mkdir "$work/elsewhere"
ln -s "$work/elsewhere" "$work/theirs/folder" && chown -h nobody "$work/theirs/folder"
for output in --report --archive --desk --state; do
	says 2 'a link that another user made' "… nor as the folder of $output" \
		"$bin" analyze $output "$work/theirs/folder/" --flows "$work/early.ndjson" --summary none "$work/plain.pcap"
	after_refusal [ ! -s "$work/early.ndjson" ]
	check $? '… which is said before anything is read'
done
says 2 'a link that another user made' '… nor of keys' "$bin" keys init --keys "$work/theirs/folder"
equal 'and nothing is in it' 0 "$(after_refusal ls "$work/elsewhere" | wc -l)"

# Nor what was laid among the files of an archive that another user may write to.
refuses() {
	what=$1
	shift
	printf 'unrelated\n' >"$work/unrelated"
	timeout 20 "$bin" "$@" >"$work/out" 2>"$work/err"
	left=$?
	[ $left -ne 0 ] && [ $left -ne 124 ] && grep -q "$what" "$work/err"
	was_said=$?
	check $was_said "… $1: $what"
	equal '… and what it leads to is as it was' unrelated "$(after_refusal cat "$work/unrelated")"
}

"$bin" keys init --keys "$work/keys" >/dev/null 2>&1
for part in inputs lock lookups.tsv; do
	shared=$work/shared-$part
	set -- analyze --archive "$shared" --keys "$work/keys" --summary none "$work/plain.pcap"
	if [ "$part" = lookups.tsv ]; then
		"$bin" "$@" >/dev/null 2>&1
		set -- flows --archive "$shared" --reason test --key "$work/keys/pseudonym.key"
	fi
	mkdir -p "$shared" && chown nobody "$shared"
	ln -s ../unrelated "$shared/$part" && chown -h nobody "$shared/$part"
	refuses "$part: a link" "$@"
	ln -sfn ../made "$shared/$part" && chown -h nobody "$shared/$part"
	refuses "$part: a link" "$@"
	[ $was_said -eq 0 ] && [ ! -e "$work/made" ]
	check $? '… nor is a file made where it leads'
	rm "$shared/$part" && mkfifo "$shared/$part"
	refuses "$part: not a regular file" "$@"
	rm "$shared/$part" && mknod "$shared/$part" c 1 3
	refuses "$part: not a regular file" "$@"
	rm "$shared/$part"
	ok "… and without it, it is done: $part" "$bin" "$@"
done

. "$(dirname "$0")/wire.sh"
stop() {
	kill_hard $sensor
	remove_wire
}
cat >"$work/borderflow.yaml" <<END
interface: tap0
user: nobody
END
looks_at
says 2 'no socket; it is left alone' 'a file where the socket should be is no reason to delete it' \
	ip netns exec "$netns" "$bin" capture --config "$work/borderflow.yaml" --socket "$work/unrelated" --duration 1s
equal '… and is as it was' unrelated "$(after_refusal cat "$work/unrelated")"

# What the sensor's user has laid where root gives it its files.
mkdir "$work/laid" "$work/roots" && chown nobody "$work/laid"
for name in al.ndjson archive spool; do
	target=$work/roots
	[ "$name" = al.ndjson ] && target=$work/unrelated
	ln -s "$target" "$work/laid/$name" && chown -h nobody "$work/laid/$name"
done
ip netns exec "$netns" "$bin" capture --config "$work/borderflow.yaml" --alerts "$work/laid/al.ndjson" --duration 1s 2>"$work/log"
ip netns exec "$netns" "$bin" capture --config "$work/borderflow.yaml" --archive "$work/laid/archive" --duration 1s 2>"$work/log"
ip netns exec "$netns" "$bin" capture --config "$work/borderflow.yaml" --spool "$work/laid/spool" --redis redis://127.0.0.1:1 \
	--duration 1s 2>"$work/log"
looks_at "$work/log"
equal 'root gives nobody what a link of that user leads to' 'root root unrelated' \
	"$(stat -c %U "$work/roots") $(stat -c %U "$work/unrelated") $(cat "$work/unrelated")"

looks_at
mkdir -m 777 "$work/run"
ip netns exec "$netns" "$bin" capture --config "$work/borderflow.yaml" --socket "$work/run/s" 2>"$work/log" &
sensor=$!
ok 'a sensor starts' wait_for 10 grep -q capturing "$work/log"
equal 'its socket is the user'"'"'s' nobody "$(stat -c %U "$work/run/s")"
equal 'no other process of that user may look into it' root "$(stat -c %U "/proc/$sensor/environ")"
ok '… and no core file can hold the key' grep -q '^Max core file size  *0  *0' "/proc/$sensor/limits"
mv "$work/run/s" "$work/run/moved" && printf 'unrelated\n' >"$work/run/s"
kill -TERM "$sensor"
wait "$sensor"
sensor=
equal 'what took the place of its socket stays when it ends' unrelated "$(cat "$work/run/s")"
finish
