-- Deletes a row, even if it has expired by the store's clock: a process with a slower clock could still use the row.
-- ARGV: now; the version that the row must have, or ''; optionally 'owner' and the owner that the row must have.
local live, err, expired = find(ARGV[1])
if err then return err end
local head = live or expired
if not head or (ARGV[2] ~= '' and head:sub(10, 17) ~= ARGV[2]) then return 0 end
local owner = owner_of(head)
if ARGV[3] == 'owner' and owner ~= ARGV[4] then return 0 end
redis.call('DEL', KEYS[1])
local code = live and 1 or 4
if owner then return {code, owner, head:sub(10, 17)} end
return code
