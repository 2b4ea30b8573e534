-- EVAL ... 1 bf:1:sensors SENSOR PROMISE_SECONDS FORGET_SECONDS
--
-- A sensor shows itself and promises to do so again: the sorted set holds each sensor's name by the time, on the
-- server's clock, at which its promise is broken. Answers who broke it, a line each: name, tab, since when. Sensors that
-- were silent for so long that nobody waits for them are forgotten.
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - tonumber(ARGV[3]))
local silent = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - 1, 'WITHSCORES', 'LIMIT', 0, 1000)
local lines = {}
for i = 1, #silent, 2 do
	lines[#lines + 1] = silent[i] .. '\t' .. silent[i + 1] .. '\n'
end
return table.concat(lines)
