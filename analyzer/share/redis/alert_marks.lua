-- Every alert of an index with its revision: who follows them reads those alone that have changed.
-- KEYS: the index. Answers {id, rev, id, rev, …}.
local answer = {}
for i, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
	answer[2 * i - 1] = id
	answer[2 * i] = redis.call('HGET', 'bf:1:alert:' .. id, 'rev') or '0'
end
return answer
