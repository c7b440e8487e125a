-- Reads several things at one moment; unlike a transaction also while a cluster's keys move to another node.
-- KEYS: what is read. ARGV: for each of them the command, how many arguments follow, and these.
local replies, at = {}, 1
for i = 1, #KEYS do
  local name, count = ARGV[at], tonumber(ARGV[at + 1])
  replies[i] = redis.call(name, KEYS[i], unpack(ARGV, at + 2, at + 1 + count))
  at = at + 2 + count
end
return replies
