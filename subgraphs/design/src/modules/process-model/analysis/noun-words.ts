/** Words about nouns: which can act, which are organisations, which are things, and which speak of the process itself. */

const words = (text: string): ReadonlySet<string> =>
  new Set(text.split(/\s+/u).filter((word) => word !== ''));

export const ROLE_NOUNS = words(`
  accountant adjuster adjustor admin administrator advisor adviser agent analyst applicant approver architect assessor assistant attendant auditor author baker
  banker beneficiary boss broker buyer candidate captain caretaker cashier chair chairman chairperson chef chief citizen claimant cleaner clerk client
  coach colleague consultant consumer controller cook coordinator counsel courier creditor crew customer dealer debtor delegate designer developer director
  dispatcher doctor donor driver editor electrician employee employer engineer estimator examiner executive expert foreman guest guide
  handler head host hr inspector instructor insured insurer intern interviewer inventor investigator investor judge landlord lawyer lead leader learner lecturer lender
  librarian manager mechanic member merchant moderator newcomer nurse observer officer official operator owner paralegal participant partner patient payer
  payee person personnel pharmacist physician pilot planner player police policyholder president producer professor programmer
  provider purchaser receiver reception receptionist recipient recruiter referee representative requester requestor
  researcher resident responder respondent reviewer scheduler scientist secretary seller sender shipper shopper specialist sponsor staff stakeholder stylist
  storekeeper student subcontractor subscriber superior supervisor supplier surgeon surveyor teacher technician teller tenant tester trader trainee trainer
  traveler traveller treasurer tutor underwriter user vendor verifier visitor volunteer waiter waitress warehouseman welder winner witness worker hirer dba ceo cfo cto coo ciso
  processor everyone someone anyone somebody anybody nobody people man woman child parent father mother wife husband
  contractor dispatchers triager maintainer committer assignee reporter caller hiring architect
`);

export const ORGANISATION_NOUNS = words(`
  accounting administration agency association authority bank board branch bureau business carrier centre center chamber clinic committee company corporation council court
  department desk directorate division enterprise faculty firm garage government group headquarters helpdesk hospital hotel institute institution
  insurance laboratory lab management ministry office operations organisation organization panel procurement purchasing restaurant sales school secretariat service services shop
  squad store subsidiary team unit university warehouse workshop logistics finance engineering legal payroll marketing support kitchen
  factory dealership police council registry reception hr it accounts security compliance audit facilities production
`);

const EXTERNAL_NOUNS = words(`
  customer client supplier vendor applicant claimant buyer purchaser candidate patient citizen guest visitor consumer contractor subcontractor partner courier
  policyholder insured shopper carrier bank garage insurer debtor creditor donor subscriber caller traveler traveller
`);

export const SYSTEM_NOUNS = words(
  'system platform software tool application app database portal engine server bot service robot workflow module website site script scheduler crm erp agent api',
);

/** Heads that name a piece of software. A service or an agent may be people, so they are not here. */
export const SOFTWARE_NOUNS = words(
  'system platform software tool app database portal website server crm erp api bot',
);

/** Talk about the description itself. */
export const PROCESS_NOUNS = words(`
  process procedure workflow step activity flow path phase stage sequence subprocess sub-process following task action following way order time case
  end beginning start example description outcome result event decision
`);

/** Things that never do work, though they may stand before an active verb. */
export const THING_NOUNS = words(`
  account agreement amount application appointment approval assessment attachment balance bill budget calculation card case check claim code comment
  condition confirmation contract copy cost data date day deadline decision delivery description detail details device diagram document documentation draft email equipment
  error estimate evaluation file folder form good goods hour id incident information inventory invoice issue item letter licence license line list loan log mail
  material meeting message minute month name note notification number offer order outcome package paper part payment permission phone plan policy post
  price problem product project proposal quality question quote quotation reason receipt record refund registration regulation reminder reply
  report request requirement reservation response result result review risk room rule sample schedule severity shipment signature solution status stock
  supply table term test text ticket time topic transaction value vehicle version violation visit week work year car bug feature branch commit
  pull merge this that there which it one field entry total sum percent percentage
`);

export const SUBJECT_PRONOUNS = words('he she they it who i we you');
export const OBJECT_PRONOUNS = words('it them this these those that him her us me');
export const POSSESSIVES = words('my your his her its our their whose');

const LATIN_SINGULARS: Readonly<Record<string, string>> = {
  people: 'person',
  staff: 'staff',
  data: 'data',
  children: 'child',
  men: 'man',
  women: 'woman',
  dbas: 'dba',
};

export const singular = (lower: string): string => {
  const irregular = Object.hasOwn(LATIN_SINGULARS, lower) ? LATIN_SINGULARS[lower] : undefined;
  if (irregular !== undefined) return irregular;
  if (lower.length > 4 && lower.endsWith('ies')) return `${lower.slice(0, -3)}y`;
  if (/(?:sses|shes|ches|xes)$/u.test(lower)) return lower.slice(0, -2);
  if (lower.length > 3 && lower.endsWith('s') && !/(?:ss|us|is)$/u.test(lower)) return lower.slice(0, -1);
  return lower;
};

/** A noun that can do work by its own meaning: a role, an organisation or a unit of one. */
export const isActorNoun = (lower: string): boolean => {
  const base = singular(lower);
  return ROLE_NOUNS.has(base) || ORGANISATION_NOUNS.has(base) || ORGANISATION_NOUNS.has(lower);
};

export type ActorKind = 'PERSON' | 'ROLE' | 'ORGANIZATION' | 'SYSTEM' | 'EXTERNAL';

export const actorKind = (head: string, isProperName: boolean): ActorKind => {
  const base = singular(head);
  if (EXTERNAL_NOUNS.has(base)) return 'EXTERNAL';
  if (ROLE_NOUNS.has(base)) return 'ROLE';
  if (ORGANISATION_NOUNS.has(base) || ORGANISATION_NOUNS.has(head)) return 'ORGANIZATION';
  if (SYSTEM_NOUNS.has(base)) return 'SYSTEM';
  return isProperName ? 'PERSON' : 'ROLE';
};
