-- Put before every other script, after LOG_MAX_EVENTS, IDLE_SECONDS and UPSTREAM ('off', 'on' or 'full').
-- The names of a project's keys are made from the one that KEYS has: all of them lie in its slot.

-- The id of a log's first entry has the microseconds as its number: no log that begins where another was deleted may use
-- an id of that one again, or its readers would take a new entry for one that they have.
local function first_id(log)
  if redis.call('EXISTS', log) == 1 then
    return '*'
  end
  local time = redis.call('TIME')
  return time[1] .. string.format('%03d', math.floor(time[2] / 1000)) .. '-' .. time[2] % 1000
end

-- One entry is added to the log and announced to readers with its own id and the id before it (`last`, or false),
-- so that a reader sees at once whether it missed any. Gives the new id, which the caller stores as `last`.
local function emit(base, last, payload)
  local id = redis.call('XADD', base .. 'log', 'MAXLEN', '~', LOG_MAX_EVENTS, last and '*' or first_id(base .. 'log'),
    'e', payload)
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
