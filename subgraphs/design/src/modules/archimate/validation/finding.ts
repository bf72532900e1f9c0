/** Something about a model that its owner should know. */

/** ERROR: the model has no clear meaning and is not imported. WARNING: it breaks a rule. INFO: worth a look. */
export type FindingSeverity = 'ERROR' | 'WARNING' | 'INFO';

export type FindingCode =
  | 'MISSING_IDENTIFIER'
  | 'DUPLICATE_IDENTIFIER'
  | 'INVALID_IDENTIFIER'
  | 'LONG_IDENTIFIER'
  | 'UNKNOWN_ELEMENT_TYPE'
  | 'UNKNOWN_RELATIONSHIP_TYPE'
  | 'MISSING_NAME'
  | 'DANGLING_RELATIONSHIP'
  | 'RELATIONSHIP_NOT_ALLOWED'
  | 'JUNCTION_MIXED'
  | 'JUNCTION_OPEN'
  | 'INVALID_ATTRIBUTE'
  | 'UNDEFINED_PROPERTY'
  | 'ORGANIZATION_REFERENCE'
  | 'VIEW_REFERENCE'
  | 'VIEW_MISMATCH'
  | 'NOT_SUPPORTED'
  | 'DUPLICATE_NAME';

export interface ArchimateFinding {
  readonly severity: FindingSeverity;
  readonly code: FindingCode;
  /** As in the file; null where the file names none. */
  readonly elementId: string | null;
  readonly elementName: string | null;
  /** What must hold. */
  readonly rule: string;
  /** What was found. */
  readonly message: string;
  /** How to put it right, or how it was. */
  readonly mend: string;
}

const ORDER: Readonly<Record<FindingSeverity, number>> = { ERROR: 0, WARNING: 1, INFO: 2 };

/** Grave ones first; in the order of the model otherwise. */
export function inOrder(findings: readonly ArchimateFinding[]): readonly ArchimateFinding[] {
  return findings.toSorted((a, b) => ORDER[a.severity] - ORDER[b.severity]);
}
