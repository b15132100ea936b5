-- Creates a row.
-- ARGV: now; the time by which the row must be written, or '' if the store has not written an entry in the owner's
-- index; the TTL; the value.
local head, err = find(ARGV[1])
if err then return err end
if head then return 0 end
if is_late(ARGV[2]) then return 3 end
store(ARGV[4], ARGV[3])
return 1
