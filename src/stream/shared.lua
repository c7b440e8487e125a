-- Shared by append.lua and publish.lua, put before each. KEYS: log, lanes, text.
-- One entry is added to the log and announced to readers with its own id and the id before it,
-- so that a reader sees at once whether it missed any.
local function emit(channel, maxlen, payload)
  local before = redis.call('HGET', KEYS[2], 'last') or '0-0'
  local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', maxlen, '*', 'e', payload)
  redis.call('HSET', KEYS[2], 'last', id)
  redis.call('PUBLISH', channel, id .. ' ' .. before .. ' ' .. payload)
  return id
end

-- The newest fence that has written anything about a lane keeps every older one out. Gives it where it refuses.
local function refuses(lane, fence)
  local newest = redis.call('HGET', KEYS[2], 'newest:' .. lane)
  if newest and fence < tonumber(newest) then
    return newest
  end
  if not newest or fence > tonumber(newest) then
    redis.call('HSET', KEYS[2], 'newest:' .. lane, string.format('%.0f', fence))
  end
  return nil
end
