/** Words about verbs: which words can be a step of work, which never are, and how their forms are undone. */

const words = (text: string): ReadonlySet<string> =>
  new Set(text.split(/\s+/u).filter((word) => word !== ''));

/** Base forms that name work in business descriptions; used to repair part-of-speech errors such as `checks` read as a noun. */
export const WORK_VERBS = words(`
  accept access acknowledge acquire activate adapt add adjust administer advertise advise aggregate alert align allocate allow amend analyse
  analyze announce answer append apply appoint approve arrange archive ask assemble assess assign assist attach attend audit authenticate
  authorise authorize backup bill block book bring browse build calculate call cancel capture carry categorise categorize certify change
  charge chase check choose claim clarify classify clean clear click close code collaborate collate collect combine comment communicate compare compile
  complete compose conduct configure confirm connect consider consolidate consult contact control convert coordinate copy correct count
  create credit customise customize deactivate debit decide declare decline decrease deduct define delete deliver demand deny deploy describe
  design detect determine develop diagnose discuss dispatch display distribute document double-check download draft draw drive drop edit eliminate email employ enable
  encrypt enrol enroll ensure enter escalate establish estimate evaluate examine exchange execute export extract fetch file fill filter
  finalise finalize find fix flag forward fulfil fulfill gather generate get give grade grant group guide hand handle help hire hold
  identify implement import improve include increase inform initiate input inquire insert inspect install instruct integrate interview
  investigate invite invoice issue itemise keep label launch link list load locate lock log look mail maintain make manage manufacture mark
  match measure merge migrate model modify monitor mount move negotiate note notify obtain offer onboard open operate oppose order organise
  organize outline overwrite pack package pass patch pay perform phone pick pickup place plan populate post prepare present price print prioritise
  prioritize process procure produce program prompt propose provide provision publish purchase push put qualify query question quote rank rate
  read reassign reboot recalculate receive recheck recommend reconcile record recruit redirect reduce refer refund refuse register
  reimburse reject release remind remove rename renew rent repair repeat replace reply report repost request reroute reschedule reserve reset resolve
  respond restart restore restock retrieve return review revise revoke route run save scan schedule screen search secure select sell send
  separate serve set settle share ship shortlist show sign sort specify stamp start stop store submit suggest summarise summarize supervise
  supply support suspend tag take tell terminate test track train transcribe transfer transform translate transmit transport triage
  trigger troubleshoot turn type undertake unlock update upgrade upload use validate verify view visit vote waive warn weigh withdraw work
  wrap write dismount self-assess countersign reopen resubmit resend rework recheck prepay cross-check fax sent cook bake deposit discharge
  admit treat prescribe examine harvest ring wait hand monitor analyse archive attach debug commit deploy rollback
  roll score enrich ping page sync synchronise synchronize snooze rotate deprovision unsubscribe refactor redeploy rerun offboard reassess
`);

/** States, relations and talk about the process itself: never a step on their own. */
export const STATE_VERBS = words(`
  be have exist contain consist need want require depend belong mean seem appear become remain know like wish happen occur involve result lead concern
  represent constitute comprise equal cost last differ vary relate correspond matter own continue proceed consider exceed
  deem intend try attempt hope expect allow enable prefer believe think feel understand agree lack suffice satisfy meet resemble deserve describe
  cause imply entail feature denote refer encounter begin end finish conclude complete start stop arrive expire go come flow follow occur elapse pass may can do let
  fail succeed stay live differ reside aim serve love hate enjoy dislike fear regret admire dream sleep shine rain smile laugh sit stand lie grow die
`);

/** State verbs that are work after all when somebody does them to something (`completes the form`). */
export const WORK_WITH_OBJECT = words(
  `complete finish start stop begin meet pass consider attempt conclude describe cause serve fail follow allow refer end`,
);

export const SEND_VERBS = words(`
  send email mail notify inform forward submit deliver transmit dispatch return reply respond advise tell alert remind announce report post publish
  communicate escalate ship distribute warn answer fax refer resubmit resend sent
`);
export const RECEIVE_VERBS = words('receive get obtain collect');
export const DECISION_VERBS = words('decide determine choose select');
export const JUDGE_VERBS = words(
  'check verify assess evaluate examine review investigate validate inspect analyse analyze test confirm',
);
export const MANUAL_VERBS = words(`
  mount dismount pack package print sign carry load unload install repair stamp scan-in move transport pick drive visit hand clean cook bake count weigh
  phone call bring take assemble wrap mail
`);
export const CREATE_VERBS = words(`
  create generate write prepare draft produce issue compile compose build make design develop open raise log record print calculate define set
  outline propose estimate summarise summarize itemise
`);
/** Verbs whose direct object is a person who gets something. */
export const ADDRESSEE_VERBS = words(`
  inform notify tell ask answer advise alert remind warn contact call phone email instruct invite interview consult assign assist help guide prompt refer serve thank visit pay reimburse
  give send offer show hand
`);

export const PARTICLES = words('up out back off down away over');
export const PARTICLE_IN_VERBS = words('fill hand bring turn');

const IRREGULAR: Readonly<Record<string, string>> = {
  sent: 'send',
  sents: 'send',
  given: 'give',
  gave: 'give',
  taken: 'take',
  took: 'take',
  made: 'make',
  done: 'do',
  written: 'write',
  wrote: 'write',
  chosen: 'choose',
  chose: 'choose',
  paid: 'pay',
  sold: 'sell',
  told: 'tell',
  held: 'hold',
  kept: 'keep',
  found: 'find',
  built: 'build',
  brought: 'bring',
  bought: 'buy',
  drawn: 'draw',
  drew: 'draw',
  got: 'get',
  gotten: 'get',
  put: 'put',
  set: 'set',
  read: 'read',
  shown: 'show',
  undertaken: 'undertake',
  withdrawn: 'withdraw',
  met: 'meet',
  begun: 'begin',
  run: 'run',
  ran: 'run',
  lent: 'lend',
  left: 'leave',
  rung: 'ring',
  driven: 'drive',
  drove: 'drive',
  known: 'know',
  caught: 'catch',
  taught: 'teach',
  spoken: 'speak',
  laid: 'lay',
  lost: 'lose',
  hit: 'hit',
  cut: 'cut',
  split: 'split',
  seen: 'see',
  saw: 'see',
  gone: 'go',
  went: 'go',
  forwarded: 'forward',
  overwritten: 'overwrite',
};

const PARTICIPLES = words(`
  sent given taken made done written chosen paid sold told held kept found built brought bought drawn got gotten put set read shown undertaken withdrawn met begun run lent left
  driven known caught taught laid lost hit cut split seen overwritten
`);

const spellings = (stem: string): readonly string[] => {
  const single = /([b-df-hj-np-tv-z])\1$/u.test(stem) ? stem.slice(0, -1) : stem;
  return [stem, `${stem}e`, single];
};

const candidatesOf = (lower: string): readonly string[] => {
  if (lower.endsWith('ies')) return [`${lower.slice(0, -3)}y`, lower.slice(0, -1)];
  if (lower.endsWith('ied')) return [`${lower.slice(0, -3)}y`];
  if (lower.endsWith('es')) return [lower.slice(0, -1), lower.slice(0, -2)];
  if (lower.endsWith('s') && !lower.endsWith('ss')) return [lower.slice(0, -1)];
  if (lower.endsWith('ed')) return spellings(lower.slice(0, -2));
  if (lower.endsWith('ing')) return spellings(lower.slice(0, -3));
  return [lower];
};

/** The base form of a word if it is a form of a known verb of work, else null. */
export const workVerbBase = (lower: string): string | null => {
  const irregular = Object.hasOwn(IRREGULAR, lower) ? IRREGULAR[lower] : undefined;
  if (irregular !== undefined) return irregular;
  return candidatesOf(lower).find((base) => WORK_VERBS.has(base)) ?? null;
};

export const isParticiple = (lower: string): boolean =>
  (lower.endsWith('ed') && lower !== 'need') || PARTICIPLES.has(lower);
export const isGerund = (lower: string): boolean =>
  lower.length > 4 && lower.endsWith('ing') && !['bring', 'ring', 'string', 'thing'].includes(lower);
export const isThirdPerson = (lower: string): boolean =>
  lower.endsWith('s') && !lower.endsWith('ss') && lower.length > 2;
