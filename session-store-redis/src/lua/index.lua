-- Adds a session to the index of its owner, KEYS[1]: a hash of entries by handle. index.rs describes an entry.
-- ARGV: the handle; the version of the row; the number of milliseconds that the entry must live, or '' without a limit;
-- the number of seconds within which the row must be written. Returns the whole second before which the row must be
-- written. It is rounded down, so no row is written later than the limit allows.
local time = redis.call('TIME')
local now = time[1] + time[2] / 1e6
local left = redis.call('PTTL', KEYS[1])

local ends = ARGV[3] == '' and math.huge or now + ARGV[3] / 1000
local version = struct.unpack('>I4', ARGV[2]) * 4294967296 + struct.unpack('>I4', ARGV[2], 5)
local old = redis.call('HGET', KEYS[1], ARGV[1])
if old and #old == 24 then
  -- Another call may already have written a later expiry time or a later version.
  local old_ends, old_version = struct.unpack('>dd', old)
  ends, version = math.max(ends, old_ends), math.max(version, old_version)
end
redis.call('HSET', KEYS[1], ARGV[1], struct.pack('>ddd', ends, version, now))

if ARGV[3] == '' then redis.call('PERSIST', KEYS[1])
elseif left ~= -1 and left < tonumber(ARGV[3]) then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end

-- Sessions that expire leave their entries behind. Each call checks a few random entries, and removes those that have
-- expired or have the wrong length, so the index stays small.
local sample = redis.call('HRANDFIELD', KEYS[1], 8, 'WITHVALUES')
for i = 1, #sample, 2 do
  local entry = sample[i + 1]
  if #entry ~= 24 or struct.unpack('>d', entry) <= now then redis.call('HDEL', KEYS[1], sample[i]) end
end
return math.floor(now) + ARGV[4]
