#!/bin/sh
# Alerts to real receivers: HTTP that fails, delays and repeats, mail, syslog over TCP, TLS and a socket, Alertmanager.
. "$(dirname "$0")/tap.sh"

needs python3 openssl jq curl
needs_built

receivers= manager=
stop() {
	kill_hard $receivers $manager
}

generate --scenario day --out "$work/day.pcap" >/dev/null 2>&1 || broken 'the generator failed'
policy=$data/tests/traffic/day-policy.yaml
box=$work/box
mkdir "$box"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$box/key.pem" -out "$box/cert.pem" \
	-days 30 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>/dev/null
python3 "$data/tests/e2e/receivers.py" "$box" 2>"$box/err" &
receivers=$!
wait_for 20 test -s "$box/ports" || broken 'the receivers do not start'
port() { awk -v name="$1" '$1 == name { print $2 }' "$box/ports"; }
http=127.0.0.1:$(port http)
printf 'a secret of ours\n' >"$work/secret"
chmod 600 "$work/secret"

cat >"$work/analyze" <<END
#!/bin/sh
exec timeout 60 "$bin" analyze --summary none --policy "$policy" "\$@" "$work/day.pcap"
END
chmod +x "$work/analyze"
lines() { [ ! -e "$1" ] && echo 0 || wc -l <"$1"; }
begin_anew() { rm -f "$box/http" && echo "$1" >"$box/mode"; }

ok 'every output at once' "$work/analyze" --alerts "$work/alerts.ndjson" --alert-page https://flow.example.org/ \
	--alert-to "webhook+http://$http/hook#secret=$work/secret" \
	--alert-to "syslog://127.0.0.1:$(port syslog)" \
	--alert-to "syslog+tls://localhost:$(port tls)#ca=$box/cert.pem&format=json" \
	--alert-to "syslog+unix://$box/log.sock#facility=4" \
	--alert-to "smtp://127.0.0.1:$(port smtp)#from=flow@example.org&to=soc@example.org,dpo@example.org"
alerts=$(wc -l <"$work/alerts.ndjson")
ok 'there are alerts to send' [ "$alerts" -ge 2 ]
for output in http mail syslog syslog-tls unix; do
	wait_for 2 [ "$(lines "$box/$output")" -ge "$alerts" ]
	equal "$output: each once" "$alerts" "$(lines "$box/$output")"
done

# webhook: the signature, the key, the body
first=$(head -n 1 "$box/http")
header() { echo "$first" | jq -r ".headers[\"$1\"]"; }
echo "$first" | jq -j '.headers["x-borderflow-time"], ".", .body' >"$work/signed"
equal 'the signature is that of time and body' \
	"sha256=$(openssl dgst -sha256 -hmac 'a secret of ours' "$work/signed" | sed 's/.*= //')" "$(header x-borderflow-signature)"
head -n 1 "$work/alerts.ndjson" >"$work/line"
echo "$first" | jq -r .body >"$work/body"
ok 'the body is the line of the file' cmp "$work/line" "$work/body"
equal 'event.url is the place of the alert' "https://flow.example.org/alerts/$(head -n 1 "$work/alerts.ndjson" | jq -r .event.id)" \
	"$(head -n 1 "$work/alerts.ndjson" | jq -r .event.url)"

# syslog: RFC 5424, facility 16 and 4
ok 'syslog is RFC 5424' grep -qE '^<1[23][0-9]>1 [0-9T:.-]+Z [^ ]+ borderflow [0-9]+ policy\.[a-z-]+ \[borderflow@32473 id="a[0-9a-f]{16}" revision="0" notice="new" severity="[a-z]+".*\] ' "$box/syslog"
ok 'its facility is as set' grep -qE '^<3[2-9]>1 ' "$box/unix"
sed 's/^[^{]*//' "$box/syslog-tls" >"$work/tls.ndjson"
ok 'over TLS as JSON: the same alerts' cmp "$work/tls.ndjson" "$work/alerts.ndjson"

# mail: who, what, readable
ok 'mail goes to both' sh -c "head -n 1 '$box/mail' | jq -es '.[0] | .envelope | length == 3' && head -n 1 '$box/mail' | jq -es '.[0] | .envelope[2] == \"RCPT TO:<dpo@example.org>\"'"
equal 'mail says the sentence' "$(head -n 1 "$work/alerts.ndjson" | jq -r .message)" \
	"$(head -n 1 "$box/mail" | jq -r .mail | sed '1,/^$/d' | base64 -d | head -n 1)"

# what is sent again is known by its key
begin_anew fail
(sleep 2 && echo ok >"$box/mode") &
ok 'a receiver that fails for two seconds' "$work/analyze" --alert-to "webhook+http://$http/"
equal '… gets each in the end' "$alerts" "$(jq -r 'select(.mode == "ok") | .headers["idempotency-key"]' "$box/http" | sort -u | wc -l)"
equal '… under the keys it refused it by' '' \
	"$(jq -r 'select(.mode == "fail") | .headers["idempotency-key"]' "$box/http" | sort -u | while read -r key; do grep '"mode": "ok"' "$box/http" | grep -q "$key" || echo "$key"; done)"
begin_anew drop
(sleep 2 && echo ok >"$box/mode") &
ok 'one that breaks the connection' "$work/analyze" --alert-to "webhook+http://$http/"
equal '… gets each in the end' "$alerts" "$(jq -r 'select(.mode == "ok") | .headers["idempotency-key"]' "$box/http" | sort -u | wc -l)"
begin_anew fail
says 3 'answered 503' 'one that never works is said' "$work/analyze" --alert-to "webhook+http://$http/"
begin_anew refuse
"$work/analyze" --alert-to "webhook+http://$http/" >"$work/said" 2>&1
ok 'what is refused for good is said' grep -q "answered 400" "$work/said"
equal '… and not tried again' "$alerts" "$(lines "$box/http")"
begin_anew ok
ok 'only what is severe enough' "$work/analyze" --alert-to "webhook+http://$http/#severity=critical"
equal '… is sent' "$(jq -r 'select(.event.severity == 99) | .event.id' "$work/alerts.ndjson" | wc -l)" "$(lines "$box/http")"

# whom we do not trust, and what others may read
says 3 'certificate' 'a certificate that nobody signed is not believed' "$work/analyze" --alert-to "syslog+tls://localhost:$(port tls)"
chmod 644 "$work/secret"
says 2 'others may read the secret' 'a secret that others may read is refused' "$work/analyze" --alert-to "webhook+http://$http/#secret=$work/secret"
says 2 'holds no user or password' 'a password in an address is refused' "$work/analyze" --alert-to "webhook+http://me:word@$http/"
says 2 'expected webhook' 'an address of another kind is refused' "$work/analyze" --alert-to "ftp://$http/"
says 2 'is no setting' 'a setting that is none is refused' "$work/analyze" --alert-to "webhook+http://$http/#colour=red"
says 2 'no line breaks' 'a line break in an address is refused' "$work/analyze" --alert-to "smtp://127.0.0.1:25#from=a@b&to=c@d
RCPT TO:<e@f>"

# Prometheus' own Alertmanager
if command -v prometheus-alertmanager >/dev/null; then
	printf 'route: {receiver: none}\nreceivers: [{name: none}]\n' >"$work/manager.yml"
	prometheus-alertmanager --config.file "$work/manager.yml" --storage.path "$work/manager" --cluster.listen-address= \
		--web.listen-address 127.0.0.1:19093 >"$work/manager.log" 2>&1 &
	manager=$!
	wait_for 20 curl -fs http://127.0.0.1:19093/-/ready >/dev/null
	ok 'to Alertmanager' "$work/analyze" --alert-to alertmanager+http://127.0.0.1:19093
	curl -fs http://127.0.0.1:19093/api/v2/alerts >"$work/active"
	equal 'it has each' "$(jq -r .event.id "$work/alerts.ndjson" | sort)" "$(jq -r '.[].labels.alert_id' "$work/active" | sort)"
	ok '… active, by kind, with the sentence' jq -e 'all(.[]; .status.state == "active" and (.labels.alertname | startswith("policy.")) and .annotations.summary != "")' "$work/active"
	ok 'sent again' "$work/analyze" --alert-to alertmanager+http://127.0.0.1:19093
	equal '… each is there once' "$alerts" "$(curl -fs http://127.0.0.1:19093/api/v2/alerts | jq length)"
else
	passed_over 'to Alertmanager' 'prometheus-alertmanager is not installed'
fi
finish
