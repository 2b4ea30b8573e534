#!lua name=borderflow_1

-- Applies a batch of sums once. The program loads this where the server does not have exactly this text.
--
-- FCALL borderflow_apply_1 1 bf:1:{SENSOR}:seq EPOCH NUMBER BEFORE AFTER TIME BATCH
--
-- The cursor is compared and set: BEFORE is the digest that it must hold ("" for none), AFTER the one that it
-- holds then. Whatever comes twice, late or from another sensor of that name finds another digest there.
--
-- answers  0  this batch was applied before: nothing changed
--         -1  the cursor is another one: nothing changed
--      1 + n  applied; n keys hold a value of another type and were left out
--
-- Every key of a batch carries the sensor's hash tag, so that a cluster keeps them together. A batch is text:
--
--     c DIM SERIES DAY WEEK WEEKDAY SLOT UP DOWN SLOT UP DOWN ...      bytes in five-minute slots of a day
--     d DIM SERIES DAY DEVICE ...                                      devices seen
--     n ID NAME                                                        a name behind an id
--
-- Of each cell the slot, the hour of the week and the hour's list of the largest series are brought up to date.
-- A key's time to live is set when something new comes into it, not with every batch.

local DAY = 86400
local KEEP_SLOTS, KEEP_HOURS, KEEP_TOP, TOP_MEMBERS = 35 * DAY, 400 * DAY, 2 * DAY, 100
local SLOTS_PER_HOUR, HOURS_PER_DAY = 12, 24

-- One direction of a line of cells. Lists are of slot and bytes in turn. Answers how many keys were refused.
local function add_direction(call, prefix, dim, series, line, list, tops)
	local slots_key = prefix .. 'm:' .. dim .. ':' .. series .. ':' .. line.day
	local hours_key = prefix .. 'h:' .. dim .. ':' .. series .. ':' .. line.week
	local hour, sum, has_new = nil, 0, false

	-- What an hour gained goes into its roll-up, and what it then holds into the hour's list.
	local function close_hour()
		local total = call('HINCRBY', hours_key, line.weekday * HOURS_PER_DAY + hour, sum)
		if type(total) ~= 'number' then
			return false
		end
		if total == sum then
			call('EXPIRE', hours_key, KEEP_HOURS)
		end
		local top = prefix .. 'top:' .. dim .. ':' .. line.day .. string.format('%02d', hour)
		tops[top] = true
		return type(call('ZADD', top, total, series)) == 'number'
	end

	for i = 1, #list, 2 do
		local slot, bytes = list[i], tonumber(list[i + 1])
		local total = call('HINCRBY', slots_key, slot, list[i + 1])
		if type(total) ~= 'number' then
			return 1
		end
		has_new = has_new or total == bytes
		local of = math.floor(slot / SLOTS_PER_HOUR)
		if hour and of ~= hour then
			if not close_hour() then
				return 1
			end
			sum = 0
		end
		hour, sum = of, sum + bytes
	end
	local refused = hour and not close_hour() and 1 or 0
	if has_new then
		local index = prefix .. 'idx:' .. dim .. ':' .. line.day
		local added = call('SADD', index, series)
		if added == 1 then
			call('EXPIRE', slots_key, KEEP_SLOTS)
			call('EXPIRE', index, KEEP_SLOTS)
		elseif added ~= 0 then
			refused = refused + 1
		end
	end
	return refused
end

local handlers = {}

function handlers.c(call, prefix, text, tops)
	local dim, series, day, week, weekday, rest = string.match(text, '^c (%S+) (%S+) (%d+) (%d+) (%d) (.*)$')
	local line = { day = day, week = week, weekday = tonumber(weekday) }
	local up, down = {}, {}
	for slot, sent, got in string.gmatch(rest, '(%d+) (%d+) (%d+)') do
		if sent ~= '0' then
			up[#up + 1], up[#up + 2] = slot, sent
		end
		if got ~= '0' then
			down[#down + 1], down[#down + 2] = slot, got
		end
	end
	return add_direction(call, prefix, dim .. '.up', series, line, up, tops) +
		add_direction(call, prefix, dim .. '.down', series, line, down, tops)
end

function handlers.d(call, prefix, text)
	local dim, series, day, rest = string.match(text, '^d (%S+) (%S+) (%d+) (.*)$')
	local key, list = prefix .. 'dev:' .. dim .. ':' .. series .. ':' .. day, {}
	for device in string.gmatch(rest, '%S+') do
		list[#list + 1] = device
	end
	for i = 1, #list, 1000 do
		local reply = call('PFADD', key, unpack(list, i, math.min(i + 999, #list)))
		if reply == 1 then
			call('EXPIRE', key, KEEP_SLOTS)
		elseif reply ~= 0 then
			return 1
		end
	end
	return 0
end

function handlers.n(call, prefix, text)
	local id, name = string.match(text, '^n (%S+) (.*)$')
	return type(call('HSET', prefix .. 'dict', id, name)) == 'number' and 0 or 1
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
		{ 'ZADD', prefix .. 'top:x', '1', 'e' },
		{ 'ZREMRANGEBYRANK', prefix .. 'top:x', '0', '1' },
		{ 'EXISTS', prefix .. 'none' },
	}
	for _, command in ipairs(needed) do
		if not redis.acl_check_cmd(unpack(command)) then
			return command[1]
		end
	end
	return nil
end

local function apply(keys, args)
	local prefix, call = string.sub(keys[1], 1, -4), redis.pcall
	local epoch, number, before, after, time, batch = args[1], tonumber(args[2]), args[3], args[4], args[5], args[6]
	local missing = missing_right(prefix)
	if missing then
		return redis.error_reply('NOPERM this user may not run ' .. missing .. ' on ' .. prefix .. '*')
	end
	-- While a cluster moves the slot, some keys are here and some there, and one that is nowhere cannot be had.
	if type(call('EXISTS', prefix .. 'none')) ~= 'number' then
		return redis.error_reply('TRYAGAIN the keys of ' .. prefix .. '* are being moved')
	end
	local cursor = redis.call('HMGET', keys[1], 'epoch', 'seq', 'digest')
	local last_number = tonumber(cursor[2] or '0')
	if cursor[1] == epoch and number < last_number then
		return 0
	elseif cursor[1] == epoch and number == last_number then
		return after == cursor[3] and 0 or -1
	elseif (cursor[3] or '') ~= before then
		return -1
	end
	local refused, tops = 0, {}
	for line in string.gmatch(batch, '[^\n]+') do
		local handle = handlers[string.sub(line, 1, 1)]
		refused = refused + (handle and handle(call, prefix, line, tops) or 1)
	end
	for key in pairs(tops) do
		call('ZREMRANGEBYRANK', key, 0, -1 - TOP_MEMBERS)
		call('EXPIRE', key, KEEP_TOP)
	end
	redis.call('HSET', keys[1], 'epoch', epoch, 'seq', args[2], 'ts', time, 'digest', after)
	redis.call('EXPIRE', keys[1], KEEP_HOURS)
	return 1 + refused
end

redis.register_function('borderflow_apply_1', apply)
