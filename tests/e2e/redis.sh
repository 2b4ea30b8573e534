# A redis-server of the test's own, at a socket in its folder; sourced after tap.sh.
#
#     start_redis, stop_redis    the server; $redis_url is where it is. stop() of a test calls stop_redis
#     ask COMMAND…               what it answers, raw
#     sum PATTERN                of every value in the hashes whose keys match
#     everything                 how many keys there are, and one hash over all they hold
needs redis-server redis-cli
redis_url=unix://$work/redis.sock
redis=

ask() {
	redis-cli -s "$work/redis.sock" --raw "$@"
}

start_redis() {
	redis-server --port 0 --unixsocket "$work/redis.sock" --unixsocketperm 777 --save '' --dir "$work" \
		--logfile "$work/redis.log" &
	redis=$!
	wait_for 10 redis_answers
}

redis_answers() {
	ask PING >/dev/null 2>&1
}

stop_redis() {
	[ -z "$redis" ] || { kill "$redis" && wait "$redis"; } 2>/dev/null
	redis=
}

stop() {
	stop_redis
}

sum() {
	ask EVAL "local sum = 0 for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
		for _, value in ipairs(redis.call('HVALS', key)) do sum = sum + value end end
		return string.format('%.0f', sum)" 0 "$1"
}

# The order within hashes and sets is the server's own affair.
everything() {
	ask EVAL "local all, keys = {}, redis.call('KEYS', '*') table.sort(keys)
		for _, key in ipairs(keys) do
			local kind, values = redis.call('TYPE', key).ok, {}
			if kind == 'hash' then
				local all_fields = redis.call('HGETALL', key)
				for i = 1, #all_fields, 2 do values[#values + 1] = all_fields[i] .. '=' .. all_fields[i + 1] end
				table.sort(values)
			elseif kind == 'set' then values = redis.call('SMEMBERS', key) table.sort(values)
			else values = { redis.call('DUMP', key) } end
			all[#all + 1] = key .. ' ' .. table.concat(values, ' ')
		end
		return #keys .. ' ' .. redis.sha1hex(table.concat(all))" 0
}
