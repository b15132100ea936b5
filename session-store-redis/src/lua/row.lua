-- Functions for the scripts that change a row. KEYS[1] is the key of the row. value.rs describes the value, and
-- reply.rs the codes that the scripts return. The argument `now` of each script is the time by the store's clock, as a
-- big-endian f64. The TTL is the argument `ttl` of `store`.

-- Returns three results, of which at most one is not nil:
-- 1. the head of the row, if there is a row that has not expired at `now`;
-- 2. an error, if the key holds something other than a row;
-- 3. the head of a row that has expired.
local function find(now)
  local head = redis.pcall('GETRANGE', KEYS[1], 0, 48)
  if type(head) == 'table' then return nil, head end
  if head == '' then return nil end
  if #head < 49 or head:byte(1) ~= 1 then return nil, redis.error_reply('INVALIDROW another format') end
  if struct.unpack('>d', head, 26) <= struct.unpack('>d', now) then return nil, nil, head end
  return head
end

-- Returns the owner of the row, or false if it has none.
local function owner_of(head)
  local length = struct.unpack('>I4', head, 42)
  if length == 0 then return false end
  return redis.call('GETRANGE', KEYS[1], 49, 47 + length)
end

-- Stores a value for `ttl` milliseconds. If `ttl` is '', the value does not expire. If `ttl` is '0', the row is deleted
-- instead.
local function store(value, ttl)
  if ttl == '' then redis.call('SET', KEYS[1], value)
  elseif ttl == '0' then redis.call('DEL', KEYS[1])
  else redis.call('SET', KEYS[1], value, 'PX', ttl) end
end

-- Returns whether the entry in the owner's index was written so long ago that it may have been pruned.
local function is_late(deadline)
  return deadline ~= '' and tonumber(redis.call('TIME')[1]) >= tonumber(deadline)
end

