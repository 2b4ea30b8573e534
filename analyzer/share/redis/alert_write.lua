-- EVAL ... 1 bf:1:alert:ID REVISION REPLACES TIME FIELD VALUE...
--
-- One change of a record of the desk (analyzer/alert/alert_store.h): made from the revision that it names ("" any, "0"
-- none yet), else refused with -1. "1" for REPLACES: what it does not name goes. Answers the new revision.
local found = tonumber(redis.call('HGET', KEYS[1], 'rev') or '0')
if ARGV[1] ~= '' and tonumber(ARGV[1]) ~= found then
	return -1
end
local time = redis.call('HGET', KEYS[1], 'time') or ARGV[3]
if ARGV[2] == '1' then
	redis.call('DEL', KEYS[1])
end
for i = 4, #ARGV, 2 do
	redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
redis.call('HSET', KEYS[1], 'time', time, 'rev', string.format('%.0f', found + 1))
return found + 1
