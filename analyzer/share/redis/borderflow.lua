#!lua name=borderflow_4

-- Applies a batch of sums once. The program loads this where the server does not have exactly this text.
--
-- FCALL borderflow_apply_4 1 CURSOR EPOCH NUMBER BEFORE AFTER TIME BATCH
--
-- CURSOR is bf:1:{SENSOR}:seq for the sensor's own sums, bf:1:{all:TENANT}:seq:SENSOR for what it adds to those of all
-- sensors. It is compared and set: BEFORE is the digest that it must hold ("" for none), AFTER the one that it holds
-- then. Whatever comes twice, late or from another sensor of that name finds another digest there.
--
-- answers  0  this batch was applied before: nothing changed
--         -1  the cursor is another one: nothing changed
--      1 + n  applied; n keys hold a value of another type and were left out
--
-- Every key of a batch carries the cursor's hash tag, so that a cluster keeps them together. A batch is text:
--
--     c DIM DAY WEEK WEEKDAY            what follows is of this dimension and day:
--     +SERIES SLOT UP DOWN ...          bytes in five-minute slots of the day
--     =SERIES SLOT FLOWS ...            flows that began in them
--     ?SERIES SLOT UP DOWN ...          records of which what went that way is not known
--     d DIM SERIES DAY DEVICE ...       devices seen on a day
--     s DIM SERIES DAY SLOT DEVICE ...  the same, in one of its slots; SLOT is since 1970
--     n ID NAME                         a name behind an id
--
-- Sums of a slot may come in pieces: they are added up here first, so that each key is touched once for each slot, and
-- once for each hour. The hour's list of the largest series follows. A key's time to live is set when something new
-- comes into it, not with every batch.

local DAY = 86400
local KEEP_SLOTS, KEEP_HOURS, KEEP_TOP, TOP_MEMBERS = 35 * DAY, 400 * DAY, 2 * DAY, 100
local KEEP_SLOT_DEVICES = 3 * 3600 -- by them a look at the time that runs judges small groups
local SLOTS_PER_HOUR, HOURS_PER_DAY = 12, 24

-- One way of a dimension on a day (bytes up, bytes down, flows …): what its keys begin and end with, and its sums.
local function way_of(ways, prefix, name, day, week, monday, has_top)
	local id = name .. ':' .. day
	if not ways[id] then
		ways[#ways + 1] = {
			slots = prefix .. 'm:' .. name .. ':', day = ':' .. day,
			hours = prefix .. 'h:' .. name .. ':', week = ':' .. week,
			index = prefix .. 'idx:' .. name .. ':' .. day,
			top = has_top and prefix .. 'top:' .. name .. ':' .. day,
			monday = monday, sums = {},
		}
		ways[id] = ways[#ways]
	end
	return ways[id]
end

local function note(way, series, slot, number)
	if number == '0' then
		return
	end
	local slots = way.sums[series]
	if not slots then
		slots = {}
		way.sums[series] = slots
	end
	slots[slot] = (slots[slot] or 0) + tonumber(number)
end

-- Adds to a field; what it holds then, or nil where the key holds something else.
local function add(call, key, field, number)
	local total = call('HINCRBY', key, field, string.format('%.0f', number))
	return type(total) == 'number' and total or nil
end

-- Adds the slots of a series and their hours. Answers how many keys were refused.
local function add_series(call, way, series, slots, tops)
	local key, hours, refused = way.slots .. series .. way.day, {}, 0
	for slot, number in pairs(slots) do
		local total, hour = add(call, key, slot, number), math.floor(slot / SLOTS_PER_HOUR)
		if not total then
			return 1
		end
		if total == number and call('SADD', way.index, series) == 1 then
			call('EXPIRE', key, KEEP_SLOTS)
			call('EXPIRE', way.index, KEEP_SLOTS)
		end
		hours[hour] = (hours[hour] or 0) + number
	end
	key = way.hours .. series .. way.week
	for hour, number in pairs(hours) do
		local total = add(call, key, string.format('%d', way.monday + hour), number)
		if not total then
			return 1
		end
		if total == number then
			call('EXPIRE', key, KEEP_HOURS)
		end
		if way.top then
			local list = way.top .. string.format('%02d', hour)
			tops[list] = tops[list] or {}
			tops[list][series] = total
		end
	end
	return refused
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

-- Adds devices to a HyperLogLog. Answers how many keys were refused.
local function count_devices(call, key, keep, devices)
	for i = 1, #devices, 1000 do
		local reply = call('PFADD', key, unpack(devices, i, math.min(i + 999, #devices)))
		if reply == 1 then
			call('EXPIRE', key, keep)
		elseif reply ~= 0 then
			return 1
		end
	end
	return 0
end

local function add_devices(call, prefix, text)
	local by, dim, series, day, rest = string.match(text, '^(.) (%S+) (%S+) (%d+) (.*)$')
	local of, slot, devices, refused = dim .. ':' .. series .. ':', nil, {}, 0
	if by == 's' then
		slot, rest = string.match(rest, '^(%d+) (.*)$')
	end
	for device in string.gmatch(rest, '%S+') do
		devices[#devices + 1] = device
	end
	if slot then
		refused = count_devices(call, prefix .. 'dev5:' .. of .. slot, KEEP_SLOT_DEVICES, devices)
	end
	return refused + count_devices(call, prefix .. 'dev:' .. of .. day, KEEP_SLOTS, devices)
end

local function add_name(call, prefix, text)
	local id, name = string.match(text, '^n (%S+) (.*)$')
	return type(call('HSET', prefix .. 'dict', id, name)) == 'number' and 0 or 1
end

local function note_pairs(up, down, series, rest)
	for slot, sent, got in string.gmatch(rest, '(%d+) (%d+) (%d+)') do
		note(up, series, slot, sent)
		note(down, series, slot, got)
	end
end

-- The sums of the lines that begin with a sign.
local function note_sums(line, of)
	local sign, series, rest = string.match(line, '^([+=?])([^ ]+) (.*)$')
	if sign == '+' then
		note_pairs(of.up, of.down, series, rest)
	elseif sign == '?' then
		note_pairs(of.unseen_up, of.unseen_down, series, rest)
	elseif sign == '=' then
		for slot, number in string.gmatch(rest, '(%d+) (%d+)') do
			note(of.flows, series, slot, number)
		end
	end
	return sign
end

-- The ways of a dimension on a day, by the line that says which.
local function ways_of(ways, prefix, dim, day, week, weekday)
	local monday = weekday * HOURS_PER_DAY
	local function of(way, has_top)
		return way_of(ways, prefix, dim .. way, day, week, monday, has_top)
	end
	return {
		up = of('.up', true), down = of('.down', true), flows = of('.flows', false),
		unseen_up = of('.unseen-up', false), unseen_down = of('.unseen-down', false),
	}
end

-- Takes a batch line by line. Answers how many keys were refused.
local function take(call, prefix, batch)
	local refused, ways, tops, of = 0, {}, {}, nil
	for line in string.gmatch(batch, '[^\n]+') do
		if not note_sums(line, of) then
			local dim, day, week, weekday = string.match(line, '^c (%S+) (%d+) (%d+) (%d)$')
			if dim then
				of = ways_of(ways, prefix, dim, day, week, weekday)
			elseif string.find(line, '^[ds] ') then
				refused = refused + add_devices(call, prefix, line)
			else
				refused = refused + add_name(call, prefix, line)
			end
		end
	end
	for _, way in ipairs(ways) do
		for series, slots in pairs(way.sums) do
			refused = refused + add_series(call, way, series, slots, tops)
		end
	end
	for key, totals in pairs(tops) do
		refused = refused + put_top(call, key, totals)
	end
	return refused
end

-- A right that is missing must be known before the first write: a function is not undone half-way.
local function missing_right(cursor, prefix)
	local needed = {
		{ 'HMGET', cursor, 'f' },
		{ 'HSET', cursor, 'f', 'v' },
		{ 'EXPIRE', cursor, '1' },
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
	local prefix, call = string.match(keys[1], '^(bf:1:{[^}]+}:)'), redis.pcall
	local epoch, number, before, after, time, batch = args[1], tonumber(args[2]), args[3], args[4], args[5], args[6]
	local missing = missing_right(keys[1], prefix)
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

redis.register_function('borderflow_apply_4', apply)
