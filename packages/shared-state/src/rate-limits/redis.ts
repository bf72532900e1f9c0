/** Rate limits counted in Redis for all processes; while it is away, by this process alone. */
import { invariant } from '@flowgrid/platform';
import { z } from 'zod';
import type { RedisCommands } from '../redis/commands.ts';
import { KEY_PREFIX } from '../redis/keys.ts';
import { createScript } from '../redis/script.ts';
import { rateKey } from './rate-key.ts';
import type { RateLimits } from './rate-limits.ts';
import { decide } from './window.ts';

/** Counts by the clock of Redis: those of the processes differ. The key is one, so the script is at home in a cluster. */
const TAKE = createScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local windowMs, limit, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local window = math.floor(now / windowMs)
local elapsed = now - window * windowMs
local stored = redis.call('HMGET', KEYS[1], 'w', 'c', 'p')
local at, current, previous = tonumber(stored[1]), tonumber(stored[2]) or 0, tonumber(stored[3]) or 0
if at ~= window then
  if at == window - 1 then previous = current else previous = 0 end
  current = 0
end
local allowed = 0
if current + previous * (1 - elapsed / windowMs) + cost <= limit then
  allowed = 1
  current = current + cost
  redis.call('HSET', KEYS[1], 'w', string.format('%.0f', window), 'c', tostring(current), 'p', tostring(previous))
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', 2 * windowMs))
end
return { allowed, string.format('%.0f', elapsed), tostring(current), tostring(previous) }
`);

const answerModel = z.tuple([z.number(), z.coerce.number(), z.coerce.number(), z.coerce.number()]);

export function createRedisRateLimits(commands: RedisCommands, local: RateLimits): RateLimits {
  return {
    take: async (parts, rate) => {
      const { limit, windowSeconds, cost = 1 } = rate;
      invariant(limit > 0 && windowSeconds > 0 && cost >= 0, 'a rate limit is positive');
      const windowMs = windowSeconds * 1000;
      const answer = answerModel.safeParse(
        await commands.tryScript(TAKE, {
          key: KEY_PREFIX + rateKey(parts, windowSeconds),
          args: [windowMs, limit, cost].map(String),
        }),
      );
      if (!answer.success) return local.take(parts, rate);
      const [allowed, elapsedMs, current, previous] = answer.data;
      return decide({ elapsedMs, windowMs, current, previous }, { isAllowed: allowed === 1, limit, cost });
    },
  };
}
