-- Put before every other script, after LOG_MAX_EVENTS, IDLE_SECONDS and UPSTREAM ('off', 'on' or 'full').
-- The names of a project's keys are made from the one that KEYS has: all of them lie in its slot.

-- One entry is added to the log and announced to readers with its own id and the id before it (`last`, or false),
-- so that a reader sees at once whether it missed any. Gives the new id, which the caller stores as `last`.
local function emit(base, last, payload)
  local id = redis.call('XADD', base .. 'log', 'MAXLEN', '~', LOG_MAX_EVENTS, '*', 'e', payload)
  redis.call('PUBLISH', 'story:' .. string.sub(base, 8, -3), id .. ' ' .. (last or '0-0') .. ' ' .. payload)
  return id
end

-- No key is without an end, so that what a crash leaves behind goes by itself: each gets one when it is made, and again
-- when an attempt begins. Not with every token, which would cost.
local function renew(names, ...)
  for i = 1, #names do
    redis.call('EXPIRE', names[i], IDLE_SECONDS, ...)
  end
end

-- The fence of the newest run that has begun or ended, where that is newer than the one given; '' is of no run.
local function newer_run(lanes, run)
  local newest = run ~= '' and redis.call('HGET', lanes, 'run')
  return newest and tonumber(run) < tonumber(newest) and newest
end
