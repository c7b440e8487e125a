-- Appends a piece of text to a lane, or refuses it. One call is one step: readers see all of it or nothing.
-- KEYS: log, lanes, text
-- ARGV: 1 channel, 2 maxlen, 3 lane, 4 fence, 5 attempt, 6 offset, 7 text, 8 reason, 9 continued,
--       10 upstream channel or '', 11 project id, 12 stage, 13 '1' where upstream wants the whole text in every token
-- Returns {'OK', length} | {'STALE', fence} | {'GAP', length}
local channel, maxlen, lane = ARGV[1], ARGV[2], ARGV[3]
local offset, text = tonumber(ARGV[6]), ARGV[7]
local fence = tonumber(ARGV[4])

local newest = refuses(lane, fence)
if newest then
  return { 'STALE', newest }
end
-- Whose text it is; an attempt that has only told of itself so far owns none.
local known = redis.call('HGET', KEYS[2], 'fence:' .. lane)

local length = redis.call('STRLEN', KEYS[3])
local head = cjson.encode(lane) .. ',' .. ARGV[4] .. ',' .. ARGV[5]

if not known or fence > tonumber(known) then
  -- A new attempt. It may go on from text that is really there, or begin at 0; anything else it must send first.
  if offset > 0 and (ARGV[9] == '' or offset > length) then
    return { 'GAP', ARGV[9] == '' and 0 or length }
  end
  if offset == 0 then
    redis.call('DEL', KEYS[3])
    if known or ARGV[8] ~= '' then
      local reason = ARGV[8] ~= '' and ARGV[8] or 'retry'
      emit(channel, maxlen, '["r",' .. head .. ',"' .. reason .. '"]')
    end
  else
    if offset < length then
      redis.call('SET', KEYS[3], redis.call('GETRANGE', KEYS[3], 0, offset - 1))
    end
    emit(channel, maxlen, '["c",' .. head .. ',' .. offset .. ',"' .. ARGV[9] .. '"]')
  end
  length = offset
  redis.call('HSET', KEYS[2], 'fence:' .. lane, ARGV[4], 'attempt:' .. lane, ARGV[5])
elseif offset > length then
  return { 'GAP', length }
end

-- What was sent before and only lost its answer is not appended again.
local missing = string.sub(text, length - offset + 1)
if #missing > 0 then
  redis.call('APPEND', KEYS[3], missing)
  local content = cjson.encode(missing)
  local id = emit(channel, maxlen, '["t",' .. head .. ',' .. length .. ',' .. content .. ']')
  if ARGV[10] ~= '' then
    local full = ARGV[13] == '1' and ',"full_text":' .. cjson.encode(redis.call('GET', KEYS[3])) or ''
    local seconds = string.sub(id, 1, string.find(id, '-') - 4) .. '.' .. string.sub(id, string.find(id, '-') - 3, string.find(id, '-') - 1)
    redis.call('PUBLISH', ARGV[10], '{"type":"token","project_id":"' .. ARGV[11] .. '","stage":"' .. ARGV[12]
      .. '","timestamp":' .. seconds .. ',"content":' .. content .. full .. '}')
  end
  length = length + #missing
end
return { 'OK', length }
