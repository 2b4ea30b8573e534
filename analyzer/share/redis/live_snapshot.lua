-- EVAL_RO ... 1 bf:1:{SENSOR}:health TODAY YESTERDAY SLOT WEEK MIDNIGHT HOUR HOUR_BEFORE DIMENSION...
--
-- What one sensor saw lately, as lines of a picture (analyzer/view/live_snapshot.h): its pulse, and for each dimension the
-- series that are or were among the largest. Days are "20260302"; SLOT is the five minutes of today that run, 0 to 287;
-- WEEK the Monday and MIDNIGHT the hour of it at which today begins; HOUR is "2026030214". Rows say 0 devices: whoever
-- reads counts them over all sensors. Names of units and classes follow as lines "name ID NAME".
local prefix = string.sub(KEYS[1], 1, -7)
local today, yesterday, slot, week, midnight = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
local RECENT, HOUR, SLOTS_A_DAY, INDEX_MOST = 2, 13, 288, 300

local function total(key, fields)
	local sum = 0
	if #fields > 0 then
		for _, value in ipairs(redis.call('HMGET', key, unpack(fields))) do
			sum = sum + tonumber(value or 0)
		end
	end
	return sum
end

-- Bytes of the last `count` slots, of which some may be yesterday's.
local function last_slots(dim, series, count)
	local here, before = {}, {}
	for at = slot - count + 1, slot do
		local list = at >= 0 and here or before
		list[#list + 1] = at % SLOTS_A_DAY
	end
	local key = prefix .. 'm:' .. dim .. ':' .. series .. ':'
	return total(key .. today, here) + total(key .. yesterday, before)
end

local hours_today = {}
for hour = midnight, midnight + 23 do
	hours_today[#hours_today + 1] = hour
end

local function largest(dim)
	local is_there, list = {}, {}
	local function add(all)
		for _, series in ipairs(all) do
			if not is_there[series] then
				is_there[series] = true
				list[#list + 1] = series
			end
		end
	end
	for _, direction in ipairs({ '.up', '.down' }) do
		add(redis.call('ZREVRANGE', prefix .. 'top:' .. dim .. direction .. ':' .. ARGV[6], 0, 99))
		add(redis.call('ZREVRANGE', prefix .. 'top:' .. dim .. direction .. ':' .. ARGV[7], 0, 99))
		local index = prefix .. 'idx:' .. dim .. direction .. ':' .. today
		if redis.call('SCARD', index) <= INDEX_MOST then
			add(redis.call('SMEMBERS', index))
		end
	end
	return list
end

local lines, named = {}, {}
local function name(id)
	if not named[id] then
		named[id] = true
		local text = redis.call('HGET', prefix .. 'dict', id)
		if text then
			lines[#lines + 1] = 'name\t' .. id .. '\t' .. string.gsub(text, '%c', ' ') .. '\n'
		end
	end
end

local health = redis.call('HGETALL', KEYS[1])
lines[1] = table.concat(health, ' ') .. '\n'
for i = 8, #ARGV do
	local dim = ARGV[i]
	for _, series in ipairs(largest(dim)) do
		local up, down = dim .. '.up', dim .. '.down'
		lines[#lines + 1] = string.format('row\t%s\t%s\t0\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f\n', dim, series,
			last_slots(up, series, RECENT), last_slots(down, series, RECENT),
			last_slots(up, series, HOUR), last_slots(down, series, HOUR),
			total(prefix .. 'h:' .. up .. ':' .. series .. ':' .. week, hours_today),
			total(prefix .. 'h:' .. down .. ':' .. series .. ':' .. week, hours_today))
		local id = string.match(series, '^[uc]%x+$') or string.match(series, '@(u%x+)$')
		if id then
			name(id)
		end
	end
end
return table.concat(lines)
