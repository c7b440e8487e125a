-- Put before every other script, after LOG_MAX_EVENTS, IDLE_SECONDS and LEGACY ('off', 'on' or 'full').
-- The names of a project's keys are made from the first one in KEYS: all of them lie in its slot. In a cluster KEYS has the
-- others after it, so that the server refuses a script (TRYAGAIN) while only some of them have moved to another node.

-- The id of a log's first entry has the microseconds as its number. After a deletion, a new log must not reuse an id of
-- the old one, or its readers would take a new entry for a known one.
local function first_id(log)
  if redis.call('EXISTS', log) == 1 then
    return '*'
  end
  local time = redis.call('TIME')
  return time[1] .. string.format('%03d', math.floor(time[2] / 1000)) .. '-' .. time[2] % 1000
end

-- The messages to publish at the end, when all is stored: channel, message, channel, message …
local announcements = {}

-- One entry is added to the log and announced to readers with its own id and the id before it (`last`, or false), so
-- that a reader sees at once whether it missed any. Returns the new id, which the caller stores as `last`.
local function emit(base, last, payload)
  local id = redis.call('XADD', base .. 'log', 'MAXLEN', '~', LOG_MAX_EVENTS, last and '*' or first_id(base .. 'log'),
    'e', payload)
  announcements[#announcements + 1] = 'story:' .. string.sub(base, 8, -3)
  announcements[#announcements + 1] = id .. ' ' .. (last or '0-0') .. ' ' .. payload
  return id
end

-- Stored entries count, even if they could not be announced. Returns the reason for that, or nil.
local function announce()
  local refused
  for i = 1, #announcements, 2 do
    local answer = redis.pcall('PUBLISH', announcements[i], announcements[i + 1])
    if type(answer) == 'table' and answer.err then
      refused = answer.err
    end
  end
  announcements = {}
  return refused
end

-- Every key expires, so that the remains of a crash are removed automatically. A key gets its expiry when it is made,
-- and again when an attempt begins. It does not get one with every token, which would cost time.
local function renew(names, ...)
  for i = 1, #names do
    redis.call('EXPIRE', names[i], IDLE_SECONDS, ...)
  end
end

-- The fence of the newest run that has begun, or of its end or newest status, if that is newer than the given one; '' belongs to no run.
local function newer_run(lanes, run)
  local newest = run ~= '' and redis.call('HGET', lanes, 'run')
  return newest and tonumber(run) < tonumber(newest) and newest
end
