/** How values are addressed and written, alike in every implementation. */
import { createHash } from 'node:crypto';
import { invariant } from '@flowgrid/platform';
import { VALUE_LIMIT_BYTES, type CacheSpace } from './cache.ts';

const NAMESPACE = /^[a-z][a-z0-9-]{0,39}$/;
const LONGEST_PART = 128;

/**
 * The full key. No two addresses share one: each part is escaped, so that a separator inside a part cannot pass for a boundary,
 * and a tenant called `global` is not the global scope.
 */
export function cacheKey(
  { namespace, scope }: Pick<CacheSpace<unknown>, 'namespace' | 'scope'>,
  key: string,
): string {
  invariant(NAMESPACE.test(namespace), 'a namespace is a short name');
  if (scope === 'global') return `cache:${namespace}:g:${escapePart(key)}`;
  invariant(scope.tenantId !== '', 'a tenant has an id');
  return `cache:${namespace}:t:${escapePart(scope.tenantId)}:${escapePart(key)}`;
}

/** The text to store, which names its own key; undefined when it is too large. */
export function writeEntry(fullKey: string, value: unknown): string | undefined {
  const text = JSON.stringify([fullKey, value]);
  return Buffer.byteLength(text) > VALUE_LIMIT_BYTES ? undefined : text;
}

/** The value of a stored text; undefined when it is no value of this key and space. */
export function readEntry<Value>(space: CacheSpace<Value>, fullKey: string, text: string): Value | undefined {
  try {
    const stored: unknown = JSON.parse(text);
    if (!Array.isArray(stored) || stored[0] !== fullKey) return undefined;
    return space.parse(stored[1]);
  } catch {
    // Written by another version, or not by this program: as good as not there.
    return undefined;
  }
}

/** `#` begins a digest and is escaped everywhere else. */
export function escapePart(part: string): string {
  const escaped = encodeURIComponent(part.toWellFormed());
  const isExact = escaped.length <= LONGEST_PART && part.isWellFormed();
  return isExact ? escaped : `#${createHash('sha256').update(part, 'utf16le').digest('hex')}`;
}
