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
--     c DIM DAY WEEK WEEKDAY            cells follow, of this dimension and day:
--     +SERIES SLOT UP DOWN ...          bytes in five-minute slots of the day
--     d DIM SERIES DAY DEVICE ...       devices seen
--     n ID NAME                         a name behind an id
--
-- Of each cell the slot, the hour of the week and the hour's list of the largest series are brought up to date.
-- A key's time to live is set when something new comes into it, not with every batch.

local DAY = 86400
local KEEP_SLOTS, KEEP_HOURS, KEEP_TOP, TOP_MEMBERS = 35 * DAY, 400 * DAY, 2 * DAY, 100
local SLOTS_PER_HOUR, HOURS_PER_DAY = 12, 24

-- One direction of a dimension on a day: what its keys begin and end with.
local function way_of(prefix, name, day, week, monday, tops)
	local way = {
		slots = prefix .. 'm:' .. name .. ':', day = ':' .. day,
		hours = prefix .. 'h:' .. name .. ':', week = ':' .. week,
		index = prefix .. 'idx:' .. name .. ':' .. day,
		field_of = {}, top_of = {},
	}
	-- By slot, as text: the field of its hour, and the hour's totals. Made when they are first needed.
	function way.meet(slot)
		local hour = math.floor(slot / SLOTS_PER_HOUR)
		local key = string.format('%stop:%s:%s%02d', prefix, name, day, hour)
		tops[key] = tops[key] or {}
		way.field_of[slot], way.top_of[slot] = string.format('%d', monday + hour), tops[key]
	end
	return way
end

-- Adds bytes to a slot and its hour. Answers how many keys were refused.
local function add(call, way, series, slot, bytes)
	local key = way.slots .. series .. way.day
	local total = call('HINCRBY', key, slot, bytes)
	if type(total) ~= 'number' then
		return 1
	end
	local number = tonumber(bytes)
	if total == number and call('SADD', way.index, series) == 1 then
		call('EXPIRE', key, KEEP_SLOTS)
		call('EXPIRE', way.index, KEEP_SLOTS)
	end
	local field = way.field_of[slot]
	if not field then
		way.meet(slot)
		field = way.field_of[slot]
	end
	key = way.hours .. series .. way.week
	total = call('HINCRBY', key, field, bytes)
	if type(total) ~= 'number' then
		return 1
	end
	if total == number then
		call('EXPIRE', key, KEEP_HOURS)
	end
	way.top_of[slot][series] = total
	return 0
end

local function add_both(call, up, down, series, slot, sent, got)
	return (sent ~= '0' and add(call, up, series, slot, sent) or 0) +
		(got ~= '0' and add(call, down, series, slot, got) or 0)
end

-- The largest series of an hour. Whoever is below the last of a full list cannot be among them, and totals only grow.
local function put_top(call, key, totals)
	local least = call('ZRANGE', key, -TOP_MEMBERS, -TOP_MEMBERS, 'WITHSCORES')
	local floor, list, refused = type(least) == 'table' and tonumber(least[2]) or 0, { 'ZADD', key }, 0
	for series, total in pairs(totals) do
		if total >= floor then
			list[#list + 1], list[#list + 2] = string.format('%.0f', total), series
			if #list >= 1000 then
				refused = type(call(unpack(list))) == 'number' and refused or 1
				list = { 'ZADD', key }
			end
		end
	end
	if #list > 2 then
		refused = type(call(unpack(list))) == 'number' and refused or 1
	end
	call('ZREMRANGEBYRANK', key, 0, -1 - TOP_MEMBERS)
	call('EXPIRE', key, KEEP_TOP)
	return refused
end

local function add_devices(call, prefix, text)
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

local function add_name(call, prefix, text)
	local id, name = string.match(text, '^n (%S+) (.*)$')
	return type(call('HSET', prefix .. 'dict', id, name)) == 'number' and 0 or 1
end

-- Takes a batch line by line. Answers how many keys were refused.
local function take(call, prefix, batch)
	local find, at, refused, tops, up, down = string.find, 1, 0, {}, nil, nil
	while at <= #batch do
		local _, last, series, slot, sent, got, rest =
			find(batch, '^%+([^ ]+) (%d+) (%d+) (%d+)([^\n]*)\n', at)
		if last then
			refused = refused + add_both(call, up, down, series, slot, sent, got)
			if rest ~= '' then
				for slot, sent, got in string.gmatch(rest, '(%d+) (%d+) (%d+)') do
					refused = refused + add_both(call, up, down, series, slot, sent, got)
				end
			end
		else
			local line
			_, last, line = find(batch, '^([^\n]*)\n', at)
			local dim, day, week, weekday = string.match(line, '^c (%S+) (%d+) (%d+) (%d)$')
			if dim then
				up = way_of(prefix, dim .. '.up', day, week, weekday * HOURS_PER_DAY, tops)
				down = way_of(prefix, dim .. '.down', day, week, weekday * HOURS_PER_DAY, tops)
			elseif find(line, '^d ') then
				refused = refused + add_devices(call, prefix, line)
			else
				refused = refused + add_name(call, prefix, line)
			end
		end
		at = last + 1
	end
	for key, totals in pairs(tops) do
		refused = refused + put_top(call, key, totals)
	end
	return refused
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
		{ 'ZRANGE', prefix .. 'top:x', '0', '1' },
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
	local refused = take(call, prefix, batch)
	redis.call('HSET', keys[1], 'epoch', epoch, 'seq', args[2], 'ts', time, 'digest', after)
	redis.call('EXPIRE', keys[1], KEEP_HOURS)
	return 1 + refused
end

redis.register_function('borderflow_apply_1', apply)
