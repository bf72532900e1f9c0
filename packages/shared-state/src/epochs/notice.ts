/** How a raise is announced: its epoch and its key. */
import { isEpochKey, type EpochKey } from './epochs.ts';

const NOTICE = /^raised (\d{1,16}) (\S+)$/;

export function writeNotice(key: EpochKey, epoch: number): string {
  return `raised ${epoch} ${key}`;
}

/** Undefined for what is no notice of a raise. */
export function readNotice(message: string): { readonly key: EpochKey; readonly epoch: number } | undefined {
  const [, epoch, key] = NOTICE.exec(message) ?? [];
  return key !== undefined && isEpochKey(key) ? { key, epoch: Number(epoch) } : undefined;
}
