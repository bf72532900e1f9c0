/** A kept message as what it tells. */
import { HOOK_DIALECTS } from './hook-dialects.ts';
import { UnreadableMessage, type HookKind, type ReadingContext, type ToldChanges } from './hook-dialect.ts';

/** @throws UnreadableMessage for what its sender would not send. */
export function readMessage(kind: HookKind, body: Uint8Array, context: ReadingContext): ToldChanges {
  return HOOK_DIALECTS[kind].readChanges(parseBody(body, context.headers['content-type'] ?? ''), context);
}

/** GitHub can be set to send a form with the message in one field. */
function parseBody(body: Uint8Array, contentType: string): unknown {
  const text = decode(body);
  const isForm = contentType.toLowerCase().startsWith('application/x-www-form-urlencoded');
  const json = isForm ? (new URLSearchParams(text).get('payload') ?? '') : text;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    // The parser's own message quotes the body; it is not kept.
    throw new UnreadableMessage('The message is not JSON.');
  }
}

function decode(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw new UnreadableMessage('The message is not text in UTF-8.');
  }
}
