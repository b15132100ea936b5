-- Removes sessions from the index of an owner, KEYS[1], unless they were added recently. The caller has found no row of
-- this owner for them. Entries of the wrong length are removed, too.
-- ARGV: the minimum age, in seconds, of the entries to remove; handles.
local oldest = redis.call('TIME')[1] - ARGV[1]
for i = 2, #ARGV do
  local entry = redis.call('HGET', KEYS[1], ARGV[i])
  if entry and (#entry ~= 24 or struct.unpack('>d', entry, 17) <= oldest) then
    redis.call('HDEL', KEYS[1], ARGV[i])
  end
end
return 0
