-- Publishes events, at most once where a mark is given, and only when the lane's text is complete where a length is given.
-- KEYS: log, lanes, text
-- ARGV: 1 channel, 2 maxlen, 3 lane or '', 4 fence, 5 bytes that the lane's text must have or '',
--       6 mark or '', 7 value of the mark, 8 number of log payloads, payloads …, then pairs of upstream channel and message
-- Returns {'OK', 0} | {'STALE', fence} | {'GAP', length} | {'SEEN', value}
local lane = ARGV[3]
if lane ~= '' then
  local newest = refuses(lane, tonumber(ARGV[4]))
  if newest then
    return { 'STALE', newest }
  end
  if ARGV[5] ~= '' then
    local known = redis.call('HGET', KEYS[2], 'fence:' .. lane)
    local length = redis.call('STRLEN', KEYS[3])
    if ARGV[4] ~= known or tonumber(ARGV[5]) ~= length then
      return { 'GAP', ARGV[4] ~= known and 0 or length }
    end
  end
end
if ARGV[6] ~= '' then
  local seen = redis.call('HGET', KEYS[2], 'mark:' .. ARGV[6])
  if seen and tonumber(seen) >= tonumber(ARGV[7]) then
    return { 'SEEN', seen }
  end
  redis.call('HSET', KEYS[2], 'mark:' .. ARGV[6], ARGV[7])
end
local count = tonumber(ARGV[8])
for i = 1, count do
  emit(ARGV[1], ARGV[2], ARGV[8 + i])
end
for i = 9 + count, #ARGV, 2 do
  redis.call('PUBLISH', ARGV[i], ARGV[i + 1])
end
return { 'OK', '0' }
