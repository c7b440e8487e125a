-- Put before append.lua and publish.lua, after LOG_MAX_EVENTS and UPSTREAM ('off', 'on' or 'full').
-- The names of a project's keys are made from the one that KEYS has: all of them lie in its slot.

-- One entry is added to the log and announced to readers with its own id and the id before it (`last`, or false),
-- so that a reader sees at once whether it missed any. Gives the new id, which the caller stores as `last`.
local function emit(base, last, payload)
  local id = redis.call('XADD', base .. 'log', 'MAXLEN', '~', LOG_MAX_EVENTS, '*', 'e', payload)
  redis.call('PUBLISH', 'story:' .. string.sub(base, 8, -3), id .. ' ' .. (last or '0-0') .. ' ' .. payload)
  return id
end
