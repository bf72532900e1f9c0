import { v7, validate } from 'uuid';

/** A new UUIDv7: unique, and sorted by the time of its making. */
export function newId(): string {
  return v7();
}

/**
 * True for any UUID in its canonical form. An id of another form belongs to nothing,
 * so callers answer "not found" instead of handing it to the database.
 */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && validate(value);
}
