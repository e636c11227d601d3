import { createHash } from 'node:crypto';

/** A script that Redis runs whole, with nothing of another client in between. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
}

const script = (lua: string): Script => ({ lua, sha: createHash('sha1').update(lua).digest('hex') });

/**
 * Compare and apply. KEYS: values (hash), keys (sorted set, all scores 0). ARGV: four counts, then that many
 * `key value` that were read, keys that were read as absent, `key value` to put, keys to remove. When every read
 * still holds, all writes are done and nil is answered. Otherwise nothing is done, and the answer is what stands
 * under the keys that were read, so that the next try begins at this moment and not a way back later. A value that
 * came back is as good as one that never changed: the work depends on nothing else.
 */
export const applyScript = script(`
local values, keys = KEYS[1], KEYS[2]
local present, absent = tonumber(ARGV[1]), tonumber(ARGV[2])
local current, holds, at = {}, true, 5
for n = 1, present do
  local value = redis.call('HGET', values, ARGV[at])
  current[n] = value
  if value ~= ARGV[at + 1] then holds = false end
  at = at + 2
end
for n = present + 1, present + absent do
  local value = redis.call('HGET', values, ARGV[at])
  current[n] = value
  if value then holds = false end
  at = at + 1
end
if not holds then return current end
for _ = 1, tonumber(ARGV[3]) do
  if redis.call('HSET', values, ARGV[at], ARGV[at + 1]) == 1 then redis.call('ZADD', keys, 0, ARGV[at]) end
  at = at + 2
end
for _ = 1, tonumber(ARGV[4]) do
  if redis.call('HDEL', values, ARGV[at]) == 1 then redis.call('ZREM', keys, ARGV[at]) end
  at = at + 1
end
return nil`);

/** A page of keys in the order of their bytes, with their values. ARGV: from, to, `1` for reverse, limit. */
export const scanScript = script(`
local order = ARGV[3] == '1' and 'ZREVRANGEBYLEX' or 'ZRANGEBYLEX'
local found = redis.call(order, KEYS[2], ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[4])
if #found == 0 then return {found, found} end
return {found, redis.call('HMGET', KEYS[1], unpack(found))}`);
