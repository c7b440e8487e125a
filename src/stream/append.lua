-- Appends pieces of text to lanes, or refuses them. Each piece is one step: readers see all of it or nothing.
-- KEYS: the log of each piece's project; in a cluster, then their other keys. ARGV: for each piece 'lane fence attempt offset', then, at an attempt's first
-- write, ' reason continued' ('-' for none); and the text.
-- Returns for each piece its lane's length | {'STALE', fence} | {'GAP', length} | {'ERR', message}, or {'MUTE', message,
-- length} if the piece is stored and could not be announced
local function publish_to_legacy_clients(base, lane, id, content)
  -- Tokens of many scenes at once would be no text for a client that knows one stage only.
  if LEGACY == 'off' or string.find(lane, '/', 1, true) then
    return
  end
  local project = string.sub(base, 8, -3)
  local full = LEGACY == 'full' and ',"full_text":' .. cjson.encode(redis.call('GET', base .. 'text:' .. lane)) or ''
  local dash = string.find(id, '-', 1, true)
  announcements[#announcements + 1] = 'ai_story:project:' .. project .. ':stage:' .. lane
  announcements[#announcements + 1] = '{"type":"token","project_id":"' .. project
    .. '","stage":"' .. lane .. '","timestamp":' .. string.sub(id, 1, dash - 4) .. '.' .. string.sub(id, dash - 3, dash - 1)
    .. ',"content":' .. content .. full .. '}'
end

local function append(log, head, text)
  local base = string.sub(log, 1, -4)
  local lane, fence, attempt, offset, reason, continued =
    string.match(head, '^(%S+) (%d+) (%d+) (%d+) ?(%S*) ?(%S*)$')
  local lanes, key = base .. 'lanes', base .. 'text:' .. lane
  -- `newest`: the newest attempt that has written anything about the lane; every older attempt is refused. `fence`: the
  -- attempt that owns the text. An attempt that has only announced itself so far owns no text.
  local held = redis.call('HMGET', lanes, 'newest:' .. lane, 'fence:' .. lane, 'last')
  local newest, known, last = held[1], held[2], held[3]
  local number = tonumber(fence)
  offset = tonumber(offset)
  if newest and number < tonumber(newest) then
    return { 'STALE', newest }
  end
  local changed = {}
  local begins = newest ~= fence
  if begins then
    redis.call('HSET', lanes, 'newest:' .. lane, fence)
    renew({ lanes })
  end

  -- The log always changes before the text. Redis takes nothing back of a step that it refuses half-way. If a text had
  -- a piece that the log lacks, the piece would count as repeated when it is sent again, and no viewer would get it.
  local length = redis.call('STRLEN', key)
  local writer = '"' .. lane .. '",' .. fence .. ',' .. attempt
  if not known or number > tonumber(known) then
    -- A new attempt. It may continue text that is really stored, or begin at 0; it must send anything else first.
    local continues = continued ~= '' and continued ~= '-'
    if offset > 0 and (not continues or offset > length) then
      return { 'GAP', continues and length or 0 }
    end
    local given = reason ~= '' and reason ~= '-'
    if offset > 0 then
      last = emit(base, last, '["c",' .. writer .. ',' .. offset .. ',"' .. continued .. '"]')
      if offset < length then
        redis.call('SET', key, redis.call('GETRANGE', key, 0, offset - 1), 'KEEPTTL')
      end
    else
      if known or given then
        last = emit(base, last, '["r",' .. writer .. ',"' .. (given and reason or 'retry') .. '"]')
      end
      redis.call('DEL', key)
    end
    length = offset
    begins = true
    changed = { 'fence:' .. lane, fence, 'attempt:' .. lane, attempt }
  elseif reason == 'thoughts' and offset == 0 then
    -- The text that this attempt has streamed so far was no answer.
    last = emit(base, last, '["r",' .. writer .. ',"thoughts"]')
    redis.call('DEL', key)
    length = 0
    begins = true
  elseif offset > length then
    return { 'GAP', length }
  end

  -- A piece that was stored before, but whose reply was lost, is not appended again.
  local missing = length > offset and string.sub(text, length - offset + 1) or text
  begins = begins or length == 0 or not last
  if #missing > 0 then
    local content = cjson.encode(missing)
    last = emit(base, last, '["t",' .. writer .. ',' .. length .. ',' .. content .. ']')
    length = redis.call('APPEND', key, missing)
    publish_to_legacy_clients(base, lane, last, content)
  end
  if last then
    changed[#changed + 1] = 'last'
    changed[#changed + 1] = last
  end
  if #changed > 0 then
    redis.call('HSET', lanes, unpack(changed))
  end
  if begins then
    renew({ log, lanes, key })
  end
  return length
end

local replies = {}
for i = 1, #ARGV / 2 do
  -- One project's trouble is not that of the others in the batch.
  local done, reply = pcall(append, KEYS[i], ARGV[2 * i - 1], ARGV[2 * i])
  if not done then
    announcements = {}
    replies[i] = { 'ERR', type(reply) == 'table' and reply.err or tostring(reply) }
  else
    local mute = announce()
    replies[i] = mute and { 'MUTE', mute, reply } or reply
  end
end
return replies
