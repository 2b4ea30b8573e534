-- EVAL_RO ... 1 bf:1:sensors
--
-- Every sensor that showed itself lately (heartbeat.lua), a line each: name, tab, seconds since it broke its promise to
-- show itself again, 0 where it keeps it.
local now = tonumber(redis.call('TIME')[1])
local all = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
local lines = {}
for i = 1, #all, 2 do
	lines[#lines + 1] = all[i] .. '\t' .. math.max(0, now - tonumber(all[i + 1])) .. '\n'
end
return table.concat(lines)
