-- EVAL_RO ... 1 bf:1:{TAG}:dict DIM KIND STEP KEYS (SUFFIX LOW HIGH BASE)... SERIES...
--
-- Sums of series over a time (analyzer/view/view_redis.c): KIND is m (slots of a day) or h (hours of a week), and of
-- each of KEYS keys the fields LOW to HIGH are wanted. Field f is number BASE + f of the time; STEP of those are one step
-- of a series, 0 where only the sums are wanted. Answers "latest N", the number of the last field that holds anything,
-- then a line for each series: its name, bytes up, bytes down, flows, records of which what was sent and what was got
-- is not known, and for each step that holds any its number and the same five; separated by tabs.
local prefix = string.match(KEYS[1], '^(bf:1:{[^}]+}:)')
local dim, kind, step, keys = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local WHOLE = kind == 'm' and 287 or 167
local ways, latest = { 'up', 'down', 'flows', 'unseen-up', 'unseen-down' }, -1

local ranges = {}
for i = 5, 4 + 4 * keys, 4 do
	local range = { suffix = ':' .. ARGV[i], base = tonumber(ARGV[i + 3]), fields = {} }
	range.low, range.high = tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
	for field = range.low, range.high do
		range.fields[#range.fields + 1] = field
	end
	ranges[#ranges + 1] = range
end

-- Calls take(number, value) for each field that holds something.
local function each(key, range, take)
	if range.low == 0 and range.high == WHOLE then
		local all = redis.call('HGETALL', key)
		for i = 1, #all, 2 do
			take(range.base + all[i], tonumber(all[i + 1]))
		end
		return
	end
	for i, value in ipairs(redis.call('HMGET', key, unpack(range.fields))) do
		if value then
			take(range.base + range.fields[i], tonumber(value))
		end
	end
end

local function numbers(sums)
	return string.format('\t%.0f\t%.0f\t%.0f\t%.0f\t%.0f', unpack(sums))
end

local lines = {}
for i = 5 + 4 * keys, #ARGV do
	local series, sums, steps, order = ARGV[i], { 0, 0, 0, 0, 0 }, {}, {}
	for way, name in ipairs(ways) do
		local function take(number, value)
			sums[way] = sums[way] + value
			latest = number > latest and number or latest
			if step > 0 then
				local at = math.floor(number / step)
				if not steps[at] then
					steps[at] = { 0, 0, 0, 0, 0 }
					order[#order + 1] = at
				end
				steps[at][way] = steps[at][way] + value
			end
		end
		for _, range in ipairs(ranges) do
			each(prefix .. kind .. ':' .. dim .. '.' .. name .. ':' .. series .. range.suffix, range, take)
		end
	end
	if sums[1] + sums[2] + sums[3] > 0 then
		local line = { series .. numbers(sums) }
		for _, at in ipairs(order) do
			line[#line + 1] = string.format('%d', at) .. numbers(steps[at])
		end
		lines[#lines + 1] = table.concat(line, '\t')
	end
end
return 'latest ' .. string.format('%d', latest) .. '\n' .. table.concat(lines, '\n') .. '\n'
