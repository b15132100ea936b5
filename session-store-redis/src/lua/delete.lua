-- Deletes a row.
-- ARGV: now; the version that the row must have, or ''; optionally 'owner' and the owner that the row must have.
local head, err, has_expired = find(ARGV[1])
if err then return err end
if has_expired then return 4 end
if not head or (ARGV[2] ~= '' and head:sub(10, 17) ~= ARGV[2]) then return 0 end
local owner = owner_of(head)
if ARGV[3] == 'owner' and owner ~= ARGV[4] then return 0 end
redis.call('DEL', KEYS[1])
if owner then return {1, owner, head:sub(10, 17)} end
return 1
