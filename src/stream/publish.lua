-- Publishes events: at most once if a mark is given, and only if the lane's text is complete if a length is given.
-- KEYS: the project's log; in a cluster, then its lanes and the lane's text
-- ARGV: 1 lane or '', 2 fence, 3 bytes that the lane's text must have or '', 4 mark or '', 5 value of the mark,
--       6 fence of the run that sends this or '', 7 1 if no event of the run under an older fence comes after it,
--       8 number of log payloads, payloads …, then pairs of legacy channel and message
-- Returns {'OK', 0}, or {'MUTE', message} if it is stored and could not be announced | {'STALE', fence} | {'GAP',
-- length} | {'SEEN', value}
local base = string.sub(KEYS[1], 1, -4)
local lanes, lane, fence = base .. 'lanes', ARGV[1], ARGV[2]
local newer = newer_run(lanes, ARGV[6])
if newer then
  return { 'STALE', newer }
end
if lane ~= '' then
  local held = redis.call('HMGET', lanes, 'newest:' .. lane, 'fence:' .. lane)
  local newest, known = held[1], held[2]
  if newest and tonumber(fence) < tonumber(newest) then
    return { 'STALE', newest }
  end
  if newest ~= fence then
    redis.call('HSET', lanes, 'newest:' .. lane, fence)
    renew({ KEYS[1], lanes, base .. 'text:' .. lane })
  end
  if ARGV[3] ~= '' then
    local length = redis.call('STRLEN', base .. 'text:' .. lane)
    if fence ~= known or tonumber(ARGV[3]) ~= length then
      return { 'GAP', fence ~= known and 0 or length }
    end
  end
end
if ARGV[4] ~= '' then
  local seen = redis.call('HGET', lanes, 'mark:' .. ARGV[4])
  if seen and tonumber(seen) >= tonumber(ARGV[5]) then
    return { 'SEEN', seen }
  end
end
if ARGV[7] == '1' then
  redis.call('HSET', lanes, 'run', ARGV[6])
end
local count = tonumber(ARGV[8])
if count > 0 then
  local last = redis.call('HGET', lanes, 'last')
  for i = 1, count do
    last = emit(base, last, ARGV[8 + i])
  end
  redis.call('HSET', lanes, 'last', last)
end
-- Not earlier: an event that Redis refused half-way must not count as published.
if ARGV[4] ~= '' then
  redis.call('HSET', lanes, 'mark:' .. ARGV[4], ARGV[5])
end
renew({ KEYS[1], lanes }, 'NX')
for i = 9 + count, #ARGV do
  announcements[#announcements + 1] = ARGV[i]
end
local mute = announce()
return mute and { 'MUTE', mute } or { 'OK', 0 }
