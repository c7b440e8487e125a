-- Sets how long a project's keys last, in one step, so that none of them outlives the others.
-- KEYS: the project's log; in a cluster, then its lanes and the text of each
-- ARGV: 1 'keep' if a run begins, which removes the marks of earlier runs, or 'expire'; 2 seconds;
--       3 fence of the run that sends this, or ''
-- Returns {'OK', 0} | {'STALE', fence} | {'MORE', 0} if KEYS lacks a lane's text
local base = string.sub(KEYS[1], 1, -4)
local lanes, run = base .. 'lanes', ARGV[3]
local newer = newer_run(lanes, run)
if newer then
  return { 'STALE', newer }
end
local declared = {}
for i = 1, #KEYS do
  declared[KEYS[i]] = true
end
local names, marks = { KEYS[1], lanes }, {}
local fields = redis.call('HKEYS', lanes)
for i = 1, #fields do
  local lane = string.match(fields[i], '^fence:(.*)$')
  local mark = string.match(fields[i], '^mark:(.*)$')
  if lane then
    local text = base .. 'text:' .. lane
    if #KEYS > 1 and not declared[text] then
      return { 'MORE', 0 }
    end
    names[#names + 1] = text
  elseif mark and ARGV[1] == 'keep' and mark ~= 'end' and string.sub(mark, 1, 4) ~= 'end:' then
    marks[#marks + 1] = fields[i]
  end
end
for i = 1, #marks do
  redis.call('HDEL', lanes, marks[i])
end
if run ~= '' and ARGV[1] == 'keep' then
  redis.call('HSET', lanes, 'run', run)
end
for i = 1, #names do
  redis.call('EXPIRE', names[i], ARGV[2])
end
return { 'OK', 0 }
