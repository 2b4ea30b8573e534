#!/bin/bash
# `borderflow geo update` against a server of our own: a database comes, checked, and takes the old one's place; whatever
# is wrong with the next one leaves it there. Prints TAP.
. "$(dirname "$0")/tap.sh"
needs curl node
[ -x "$bin" ] || skip 'borderflow is not built'
bin=$(realpath "$bin")
server=
stop() {
	[ -z "$server" ] || kill "$server" 2>/dev/null
}

# update STATUS PATTERN TITLE OPTION…: ends with that status and says the pattern
update() {
	local wanted=$1 pattern=$2 title=$3
	shift 3
	says "$wanted" "$pattern" "$title" "$bin" geo update --geo "$work/geo" "$@"
}

# holds AS: the folder answers with this network, and nothing else lies there
holds() {
	"$bin" geo lookup --geo "$work/geo" 192.0.2.1 2>"$work/err" >"$work/out"
	grep -q "$1" "$work/out" && [ -z "$(find "$work/geo" -name '.*.new')" ]
}

mkdir "$work/web" "$work/geo" "$work/web/GeoLite2-Country" "$work/web/GeoLite2-ASN"
database() { # database NAME AS: one network's
	printf '192.0.2.0,192.0.2.255,%s,Exempel Nät AB\n' "$2" >"$work/table.csv"
	"$bin" geo build --geo "$work/geo" --output "$1" --date 2026-06-17 "$work/table.csv" >/dev/null
}
database "$work/web/net.mmdb" 64500
gzip -c "$work/web/net.mmdb" >"$work/web/net2.mmdb.gz"
database "$work/new.mmdb" 64501
gzip -c "$work/new.mmdb" >"$work/web/net.mmdb.gz"
head -c 200 "$work/new.mmdb" >"$work/web/cut.mmdb"
gzip -c "$work/web/cut.mmdb" >"$work/web/torn.mmdb.gz"
head -c 100 "$work/web/net.mmdb.gz" >"$work/web/half.mmdb.gz"
for edition in GeoLite2-Country GeoLite2-ASN; do
	mkdir -p "$work/tar/${edition}_20260617"
	cp "$work/new.mmdb" "$work/tar/${edition}_20260617/$edition.mmdb"
	tar -czf "$work/web/$edition/tar.gz" -C "$work/tar" "${edition}_20260617"
	(cd "$work/web/$edition" && sha256sum tar.gz >tar.gz.sha256)
done
for file in net.mmdb cut.mmdb torn.mmdb.gz half.mmdb.gz; do
	(cd "$work/web" && sha256sum $file >$file.sha256)
done
good=$(sha256sum "$work/web/net.mmdb.gz" | cut -d' ' -f1)
month=$(date -u -d "$(date -u +%Y-%m)-01 - 1 day" +%Y-%m)
for kind in country asn; do
	gzip -c "$work/new.mmdb" >"$work/web/dbip-$kind-lite-$month.mmdb.gz"
done

# Files below the folder; MaxMind's by edition and suffix, for whoever has the key.
node -e '
const http = require("http"), fs = require("fs"), path = require("path"), root = process.argv[1];
http.createServer((request, response) => {
	const url = new URL(request.url, "http://x"), suffix = url.searchParams.get("suffix");
	const key = "Basic " + Buffer.from("1234:secret").toString("base64");
	if (suffix && request.headers.authorization !== key) { response.writeHead(401); return response.end(); }
	const file = path.join(root, suffix ? path.dirname(url.pathname) + "/" + suffix : url.pathname);
	fs.readFile(file, (error, bytes) => {
		response.writeHead(error ? 404 : 200);
		response.end(error ? "" : bytes);
	});
}).listen(0, "127.0.0.1", function () { fs.writeFileSync(root + "/../port", String(this.address().port)); });
' "$work/web" &
server=$!
for _ in $(seq 100); do
	[ -s "$work/port" ] && break
	sleep 0.1
done
web=http://127.0.0.1:$(cat "$work/port")

update 0 'in place' 'a database comes, its checksum beside it' --from "$web/net.mmdb"
holds AS64500
check $? '… and is in use'
update 2 'nothing says what it has to be' 'without a checksum nothing is taken' --from "$web/net.mmdb.gz"
update 3 'expected 0000' 'nor with another one than the file has' --from "$web/net.mmdb.gz" --sha256 "$(printf %064d 0)"
update 3 '404' 'a file that is not there' --from "$web/none.mmdb"
update 3 'not a database that can be read' 'a file that is cut short' --from "$web/cut.mmdb"
update 3 'not a database that can be read' 'the same, compressed' --from "$web/torn.mmdb.gz"
update 3 'gzip data is damaged' 'compressed data that is cut short' --from "$web/half.mmdb.gz"
update 2 'ends in .mmdb' 'a name that is no database' --from "$web/page.html"
update 2 'begins with https' 'a source that is none' --from ftp://localhost/net.mmdb
update 2 'only with --sha256' 'another machine without https' --from http://192.0.2.1/net.mmdb
holds AS64500
check $? '… after all of which the old one is in use'
update 0 'in place' 'the next one, by the checksum given' --from "$web/net.mmdb.gz" --sha256 "$good"
holds AS64501
check $? '… takes its place'

export BORDERFLOW_MAXMIND_URL=$web BORDERFLOW_DBIP_URL=$web
update 2 'MAXMIND_ACCOUNT_ID' 'MaxMind without an account' --from maxmind
export MAXMIND_ACCOUNT_ID=1234 MAXMIND_LICENSE_KEY=wrong
update 3 '401' 'MaxMind with a key that is none' --from maxmind
export MAXMIND_LICENSE_KEY=secret
update 0 'in place' 'MaxMind, its checksums held' --from maxmind
[ -s "$work/geo/GeoLite2-Country.mmdb" ] && [ -s "$work/geo/GeoLite2-ASN.mmdb" ]
check $? '… both databases are there'
echo "$(printf %064d 0)  tar.gz" >"$work/web/GeoLite2-ASN/tar.gz.sha256"
before=$(stat -c %i "$work/geo/GeoLite2-Country.mmdb")
update 3 'expected 0000' 'MaxMind, one of two checksums wrong' --from maxmind
[ -n "$before" ] && [ "$(stat -c %i "$work/geo/GeoLite2-Country.mmdb")" = "$before" ]
check $? '… neither was changed'
update 0 'in place' "DB-IP: last month's where this month's is not there" --from dbip
[ -s "$work/geo/dbip-country-lite.mmdb" ] && [ -s "$work/geo/dbip-asn-lite.mmdb" ]
check $? '… both databases are there'
finish
