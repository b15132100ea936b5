-- Replaces a row.
-- ARGV: now; the time by which the row must be written; the TTL; the new value; the version that the row must have.
-- The second argument is '' if the store has not written an entry in the owner's index for this replacement.
local head, err = find(ARGV[1])
if err then return err end
if not head or head:sub(10, 17) ~= ARGV[5] then return 0 end
if is_late(ARGV[2]) then return 3 end

local value = ARGV[4]
local before = owner_of(head)
local length = struct.unpack('>I4', value, 42)
local after = length > 0 and value:sub(50, 48 + length)
if after and ARGV[2] == '' and ARGV[3] ~= '0' then
  local too_short = struct.unpack('>d', value, 26) > struct.unpack('>d', head, 2)
  if before ~= after or too_short then return {2, after, ARGV[5]} end
  value = head:sub(1, 9) .. value:sub(10)
end
store(value, ARGV[3])
if before and before ~= after then return {1, before, ARGV[5]} end
return 1
