-- Shared by append.lua and publish.lua, put before each.
-- KEYS: log, lanes, text. One entry is added to the log and announced to readers with its own id and the id before it,
-- so that a reader sees at once whether it missed any.
local function emit(channel, maxlen, payload)
  local before = redis.call('HGET', KEYS[2], 'last') or '0-0'
  local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', maxlen, '*', 'e', payload)
  redis.call('HSET', KEYS[2], 'last', id)
  redis.call('PUBLISH', channel, id .. ' ' .. before .. ' ' .. payload)
  return id
end
