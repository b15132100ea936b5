-- Removes sessions from the index of an owner, KEYS[1], unless a call has added them again for a later version.
-- Entries of the wrong length are removed, too.
-- ARGV: handles, each followed by the version of its row that was replaced or deleted.
for i = 1, #ARGV, 2 do
  local entry = redis.call('HGET', KEYS[1], ARGV[i])
  if entry then
    local version = struct.unpack('>I4', ARGV[i + 1]) * 4294967296 + struct.unpack('>I4', ARGV[i + 1], 5)
    if #entry ~= 24 or struct.unpack('>d', entry, 9) <= version then redis.call('HDEL', KEYS[1], ARGV[i]) end
  end
end
return 0
