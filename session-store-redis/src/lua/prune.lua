-- Removes sessions from the index of an owner, KEYS[1], unless they were added recently. The caller has found no row of
-- this owner for them.
-- ARGV: the minimum age, in seconds, of the entries to remove; handles.
local oldest = redis.call('TIME')[1] - ARGV[1]
for i = 2, #ARGV do
  local entry = redis.call('HGET', KEYS[1], ARGV[i])
  if entry then
    local _, _, added = struct.unpack('>ddd', entry)
    if added <= oldest then redis.call('HDEL', KEYS[1], ARGV[i]) end
  end
end
return 0
