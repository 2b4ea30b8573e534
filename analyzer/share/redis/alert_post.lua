-- EVAL ... 1 bf:1:alert:ID KIND JSON SAID DIGEST STATE SUPPRESSION TIME
--
-- What a sensor says of an alert (analyzer/redis/redis_alert.h), in one step beside what people write at the desk. What it
-- was raised with stays. A sensor moves it between new and suppressed alone, never away from what people made of it; what
-- was erased stays erased. Answers the new revision, 0 where there is only a tombstone.
local key, state = KEYS[1], ARGV[5]
if redis.call('HGET', key, 'erased') then
	return 0
end
redis.call('HSET', key, 'kind', ARGV[1], 'json', ARGV[2], 'said', ARGV[3], 'posted', ARGV[4])
redis.call('HSETNX', key, 'raised', ARGV[2])
redis.call('HSETNX', key, 'time', ARGV[7])
local found = redis.call('HGET', key, 'state')
if not found or found == 'new' or found == 'suppressed' then
	redis.call('HSET', key, 'state', state, 'suppression', ARGV[6])
end
return redis.call('HINCRBY', key, 'rev', 1)
