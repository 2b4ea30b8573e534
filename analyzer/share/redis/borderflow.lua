#!lua name=borderflow

-- Applies a batch of sums once. Loaded by the program when the server does not have exactly this text.
--
-- FCALL borderflow_apply 1 bf:1:{SENSOR}:seq EPOCH NUMBER BEFORE AFTER NOW HEARTBEAT_SECONDS BATCH
--
-- BEFORE and AFTER are the digest of all batches of the epoch without and with this one: batches join
-- into a chain, and one that does not continue what is here is refused.
--
-- answers  0  the batch was applied before: nothing changed
--         -1  another epoch is in use, or the batch does not follow the last one that was applied
--      1 + n  applied; n lines met a value of another type and were left out
--
-- Every key of a batch carries the sensor's hash tag, so that a cluster keeps them together. A batch is
-- text, one line a key:
--
--     m DIM SERIES DAY SLOT BYTES ...       h DIM SERIES WEEK HOUR BYTES ...
--     d DIM SERIES DAY DEVICE ...           t DIM HOUR SERIES BYTES ...
--     n ID NAME
--
-- A key's time to live is set when the key is new, not again with every batch: most calls are then sums.

local DAY = 86400
local KEEP_SLOTS, KEEP_HOURS, KEEP_TOP, TOP_MEMBERS = 35 * DAY, 400 * DAY, 2 * DAY, 100

-- A line's words behind the first `skip`, as a list.
local function words(line, skip)
	local list = {}
	for word in string.gmatch(line, '%S+') do
		if skip > 0 then
			skip = skip - 1
		else
			list[#list + 1] = word
		end
	end
	return list
end

local function is_refused(reply)
	return type(reply) == 'table' and reply.err ~= nil
end

-- Adds field and value pairs to a hash. Answers the error, or whether one of the fields was new.
local function add_pairs(key, list)
	local has_new = false
	for i = 1, #list - 1, 2 do
		local reply = redis.pcall('HINCRBY', key, list[i], list[i + 1])
		if is_refused(reply) then
			return reply
		end
		has_new = has_new or tostring(reply) == list[i + 1]
	end
	return has_new
end

local handlers = {}

function handlers.m(prefix, dim, line)
	local list = words(line, 2)
	local series, day = table.remove(list, 1), table.remove(list, 1)
	local key, index = prefix .. 'm:' .. dim .. ':' .. series .. ':' .. day, prefix .. 'idx:' .. dim .. ':' .. day
	local reply = add_pairs(key, list)
	if is_refused(reply) then
		return reply
	end
	local is_new = redis.pcall('SADD', index, series)
	if is_new == 1 then
		redis.pcall('EXPIRE', key, KEEP_SLOTS)
		redis.pcall('EXPIRE', index, KEEP_SLOTS)
	end
	return is_new
end

function handlers.h(prefix, dim, line)
	local list = words(line, 2)
	local series, week = table.remove(list, 1), table.remove(list, 1)
	local key = prefix .. 'h:' .. dim .. ':' .. series .. ':' .. week
	local reply = add_pairs(key, list)
	if reply == true then
		redis.pcall('EXPIRE', key, KEEP_HOURS)
	end
	return reply
end

function handlers.d(prefix, dim, line)
	local list = words(line, 2)
	local series, day = table.remove(list, 1), table.remove(list, 1)
	local key = prefix .. 'dev:' .. dim .. ':' .. series .. ':' .. day
	for i = 1, #list, 1000 do
		local reply = redis.pcall('PFADD', key, unpack(list, i, math.min(i + 999, #list)))
		if is_refused(reply) then
			return reply
		elseif reply == 1 then
			redis.pcall('EXPIRE', key, KEEP_SLOTS)
		end
	end
	return 1
end

function handlers.t(prefix, dim, line)
	local list = words(line, 2)
	local key = prefix .. 'top:' .. dim .. ':' .. table.remove(list, 1)
	for i = 1, #list - 1, 2 do
		local reply = redis.pcall('ZINCRBY', key, list[i + 1], list[i])
		if is_refused(reply) then
			return reply
		end
	end
	redis.pcall('ZREMRANGEBYRANK', key, 0, -1 - TOP_MEMBERS)
	return redis.pcall('EXPIRE', key, KEEP_TOP)
end

function handlers.n(prefix, id, line)
	return redis.pcall('HSET', prefix .. 'dict', id, string.match(line, '^n %S+ (.*)$'))
end

-- A right that is missing must be known before the first write: a function is not undone half-way.
local function missing_right(prefix)
	local needed = {
		{ 'HMGET', prefix .. 'seq', 'f' },
		{ 'HSET', prefix .. 'seq', 'f', 'v' },
		{ 'EXPIRE', prefix .. 'seq', '1' },
		{ 'HSET', prefix .. 'dict', 'f', 'v' },
		{ 'HINCRBY', prefix .. 'm:x', 'f', '1' },
		{ 'HINCRBY', prefix .. 'h:x', 'f', '1' },
		{ 'PFADD', prefix .. 'dev:x', 'e' },
		{ 'SADD', prefix .. 'idx:x', 'e' },
		{ 'ZINCRBY', prefix .. 'top:x', '1', 'e' },
		{ 'ZREMRANGEBYRANK', prefix .. 'top:x', '0', '1' },
		{ 'EXPIRE', prefix .. 'm:x', '1' },
		{ 'SET', prefix .. 'hb', 'v', 'EX', '1' },
	}
	for _, command in ipairs(needed) do
		if not redis.acl_check_cmd(unpack(command)) then
			return command[1]
		end
	end
	return nil
end

local function apply(keys, args)
	local prefix = string.sub(keys[1], 1, -4)
	local epoch, number, before, after = args[1], tonumber(args[2]), args[3], args[4]
	local now, heartbeat, batch = args[5], tonumber(args[6]), args[7]
	local missing = missing_right(prefix)
	if missing then
		return redis.error_reply('NOPERM this user may not run ' .. missing .. ' on ' .. prefix .. '*')
	end
	local last = redis.call('HMGET', keys[1], 'epoch', 'seq', 'digest')
	local last_number = tonumber(last[2] or '0')
	if last[1] and last[1] ~= epoch then
		return -1
	elseif number < last_number then
		return 0
	elseif number == last_number then
		return after == last[3] and 0 or -1
	elseif number > last_number + 1 or (last[3] and last[3] ~= before) then
		return -1
	end
	local refused = 0
	for line in string.gmatch(batch, '[^\n]+') do
		local kind, dim = string.match(line, '^(%a) (%S+)')
		if not kind or not handlers[kind] or is_refused(handlers[kind](prefix, dim, line)) then
			refused = refused + 1
		end
	end
	redis.call('HSET', keys[1], 'epoch', epoch, 'seq', args[2], 'ts', now, 'digest', after)
	redis.call('EXPIRE', keys[1], KEEP_HOURS)
	if heartbeat > 0 then
		redis.call('SET', prefix .. 'hb', now, 'EX', heartbeat)
	end
	return 1 + refused
end

redis.register_function('borderflow_apply', apply)
