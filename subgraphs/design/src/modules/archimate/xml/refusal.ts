/** A file that is not read, with what its owner can do about it. */

export type RefusalCode =
  | 'EMPTY'
  | 'TOO_LARGE'
  | 'TOO_COMPLEX'
  | 'TOO_SLOW'
  | 'TOO_BUSY'
  | 'BROKEN_ENCODING'
  | 'UNSUPPORTED_ENCODING'
  | 'BROKEN_ZIP'
  | 'NOT_WELL_FORMED'
  | 'DOCTYPE_REFUSED'
  | 'NOT_ARCHIMATE';

export class ArchimateRefusal extends Error {
  override readonly name = 'ArchimateRefusal';
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}
