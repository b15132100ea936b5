-- ARGV: now, deadline or '', TTL, times of access and end, the time until which the entry in the owner's index exists,
-- the owner. The last two are used only with a deadline.
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
  -- The owner was changed after the index was written.
  if owner ~= ARGV[6] then return {2, owner, head:sub(10, 17)} end
  redis.call('SETRANGE', KEYS[1], 1, ARGV[5])
elseif owner and struct.unpack('>d', ARGV[4], 9) > struct.unpack('>d', head, 2) then
  return {2, owner, head:sub(10, 17)}
end
redis.call('SETRANGE', KEYS[1], 17, ARGV[4])
if ARGV[3] == '' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
return 1
