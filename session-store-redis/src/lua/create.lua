-- ARGV: now, deadline or '', TTL, value.
local head, err = find(ARGV[1])
if err then return err end
if head then return 0 end
if is_late(ARGV[2]) then return 3 end
store(ARGV[4], ARGV[3])
return 1
