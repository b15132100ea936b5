-- Changes the time of a row's last access, and its expiry time.
-- ARGV: now; the time by which the row must be written; the TTL; both new times, in one string; the time until which
-- the entry in the owner's index exists; the owner. If the store has not written an entry in the owner's index for this
-- change, the second argument is '', and the last two are not used.
local head, err = find(ARGV[1])
if err then return err end
if not head then return 0 end
if is_late(ARGV[2]) then return 3 end
if ARGV[3] == '0' then
  redis.call('DEL', KEYS[1])
  return 1
end

local owner = owner_of(head)
if ARGV[2] ~= '' then
  -- Another call may have changed the owner since the entry in the index was written.
  if owner ~= ARGV[6] then return {2, owner, head:sub(10, 17)} end
  redis.call('SETRANGE', KEYS[1], 1, ARGV[5])
elseif owner and struct.unpack('>d', ARGV[4], 9) > struct.unpack('>d', head, 2) then
  return {2, owner, head:sub(10, 17)}
end
redis.call('SETRANGE', KEYS[1], 17, ARGV[4])
if ARGV[3] == '' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1
