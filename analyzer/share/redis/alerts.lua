-- EVAL_RO ... 1 bf:1:alerts COUNT
--
-- The latest alerts of the stream, the latest first, as lines of a text (analyzer/view/view_text.h), each once. Never
-- the device: that is for those who may see it, with a reason.
local function size(bytes)
	for _, unit in ipairs({ 'B', 'kB', 'MB', 'GB' }) do
		if bytes < 1000 then
			return string.format(bytes < 100 and bytes % 1 > 0 and '%.1f %s' or '%.0f %s', bytes, unit)
		end
		bytes = bytes / 1000
	end
	return string.format('%.1f TB', bytes)
end

local function sentence(kind, alert)
	local own, app = alert.borderflow or {}, (alert.network or {}).application
	if not app then
		return alert.message or kind
	end
	local flows, unit = (own.alert or {}).flows or 0, own.unit and ' in ' .. own.unit or ''
	return string.format('%s%s: %d flow%s, %s sent', app, unit, flows, flows == 1 and '' or 's',
		size((alert.source or {}).bytes or 0))
end

local seen, lines = {}, {}
for _, entry in ipairs(redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', ARGV[1])) do
	local fields = {}
	for i = 1, #entry[2], 2 do
		fields[entry[2][i]] = entry[2][i + 1]
	end
	local ok, alert = pcall(cjson.decode, fields.json or '')
	if ok and fields.id and not seen[fields.id] then
		seen[fields.id] = true
		local text = string.gsub(sentence(fields.kind or '', alert), '%c', ' ')
		lines[#lines + 1] = string.format('notice\t%s\t%s\t%s000000\t%s\n', fields.id, fields.kind or '',
			string.match(entry[1], '^%d+'), text)
	end
end
return table.concat(lines)
