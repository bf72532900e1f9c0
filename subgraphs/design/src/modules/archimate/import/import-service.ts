/** Checks ArchiMate files, keeps imported models, and says which agents their elements stand for. */
import { requirePermission, type ServiceRequest, type TenantViewer } from '@flowgrid/access';
import {
  FlowgridError,
  isId,
  newId,
  notFound,
  parsePage,
  toConnection,
  type Clock,
  type Connection,
} from '@flowgrid/platform';
import { z } from 'zod';
import type { DesignDatabase, Tx } from '../../../database.ts';
import type { ArchimateWorkshop } from '../thread/archimate-workshop.ts';
import type { ReadFile, StoredFinding } from '../thread/tasks.ts';
import type { TenantTurns } from '../thread/tenant-turns.ts';
import { ArchimateRefusal } from '../xml/refusal.ts';
import type { ArchimateImport, ArchimateLink, NewImport } from './archimate-import.ts';
import * as store from './import-store.ts';
import {
  loadFile,
  parseImport,
  parseSource,
  requireNoErrors,
  toInputError,
  type FileSource,
  type ImportInput,
  type SourceInput,
} from './import-input.ts';
import { recordChange } from './record-change.ts';

export interface ImportServiceOptions {
  readonly database: DesignDatabase;
  readonly workshop: ArchimateWorkshop;
  readonly turns: TenantTurns;
  readonly clock: Clock;
  /** Gives work up at the end of the process. */
  readonly signal: AbortSignal;
}

export interface PageArguments {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}

const cursorSchema = z.object({ createdAt: z.iso.datetime(), id: z.uuid() });
const elementCursorSchema = z.object({ position: z.int().min(-1).max(1_000_000) });

/** What one tenant may keep: an architecture has a few models, each with its versions. */
const MAX_IMPORTS = 200;
const MAX_FINDINGS = 500;
const MAX_SEARCH_LENGTH = 200;

export type ImportService = ReturnType<typeof createImportService>;

export function createImportService(options: ImportServiceOptions) {
  const { database } = options;
  return {
    validate: (request: ServiceRequest, input: SourceInput): Promise<readonly StoredFinding[]> =>
      validate(options, request, input),
    import: (request: ServiceRequest, input: ImportInput): Promise<ArchimateImport> =>
      importModel(options, request, input),
    delete: (request: ServiceRequest, id: string): Promise<string> => deleteModel(options, request, id),
    findMany: async (
      request: ServiceRequest,
      ids: readonly string[],
    ): Promise<ReadonlyMap<string, ArchimateImport>> => {
      const { tenantId } = requirePermission(request.viewer, 'design:read');
      return database.readInTenant(tenantId, (tx) => store.findImports(tx, tenantId, ids.filter(isId)));
    },
    list: async (request: ServiceRequest, args: PageArguments): Promise<Connection<ArchimateImport>> => {
      const { tenantId } = requirePermission(request.viewer, 'design:read');
      const page = parsePage(args, cursorSchema);
      const rows = await database.readInTenant(tenantId, (tx) => store.listImports(tx, tenantId, page));
      return toConnection(rows, page, ({ createdAt, id }) => ({ createdAt: createdAt.toISOString(), id }));
    },
    listElements: (
      request: ServiceRequest,
      modelId: string,
      args: PageArguments & Partial<Pick<store.ElementFilter, 'search' | 'type'>>,
    ) => listElements(options, request, modelId, args),
    /** The links of each model. */
    linksOfModels: async (
      request: ServiceRequest,
      modelIds: readonly string[],
    ): Promise<ReadonlyMap<string, readonly ArchimateLink[]>> => {
      const { tenantId } = requirePermission(request.viewer, 'design:read');
      const where = { modelId: { in: modelIds.filter(isId) } };
      const links = await database.readInTenant(tenantId, (tx) => store.listLinks(tx, tenantId, where));
      return Map.groupBy(links, ({ importId }) => importId);
    },
    /** The links of each agent. */
    linksOfAgents: async (
      request: ServiceRequest,
      agentIds: readonly string[],
    ): Promise<ReadonlyMap<string, readonly ArchimateLink[]>> => {
      const { tenantId } = requirePermission(request.viewer, 'design:read');
      const where = { agentId: { in: agentIds.filter(isId) } };
      const links = await database.readInTenant(tenantId, (tx) => store.listLinks(tx, tenantId, where));
      return Map.groupBy(links, ({ agentId }) => agentId);
    },
  };
}

async function validate(
  options: ImportServiceOptions,
  request: ServiceRequest,
  input: SourceInput,
): Promise<readonly StoredFinding[]> {
  const viewer = requirePermission(request.viewer, 'design:read');
  const source = parseSource(input);
  const { findings } = await readSource(options, viewer, source, (file, signal) =>
    options.workshop.check(file, signal),
  );
  return findings;
}

/** The transaction is over before the file is looked at, which may take long. */
async function readSource<Result>(
  { database, turns, signal }: ImportServiceOptions,
  { tenantId }: TenantViewer,
  source: FileSource,
  work: (file: Uint8Array | string, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  try {
    return await turns.run(tenantId, async () => {
      const file = await loadFile(source, (read) => database.readInTenant(tenantId, read), tenantId);
      return work(file, signal);
    });
  } catch (error) {
    if (error instanceof ArchimateRefusal && error.code === 'TOO_BUSY') throw tooBusy(error);
    throw toInputError(error, source);
  }
}

export function tooBusy(cause: ArchimateRefusal): FlowgridError {
  return new FlowgridError('SERVICE_UNAVAILABLE', cause.message, { cause });
}

async function importModel(
  options: ImportServiceOptions,
  request: ServiceRequest,
  input: ImportInput,
): Promise<ArchimateImport> {
  const viewer = requirePermission(request.viewer, 'design:run');
  const { name, source } = parseImport(input);
  const file = await readSource(options, viewer, source, (bytes, signal) =>
    options.workshop.read(bytes, signal),
  );
  requireNoErrors(file, source);
  const { tenantId } = viewer;
  const model = toNewImport({ file, name, viewer, now: options.clock.now() });
  return options.database.inTenant(tenantId, async (tx) => {
    await requirePlace(tx, tenantId);
    await store.insertImport(tx, model);
    const { tenantId: _tenant, exchange: _exchange, elements: _elements, ...imported } = model;
    await record(options, request, viewer, { tx, type: 'archimate_model.imported', model: imported });
    return imported;
  });
}

async function requirePlace(tx: Tx, tenantId: string): Promise<void> {
  if ((await store.countImports(tx, tenantId)) < MAX_IMPORTS) return;
  throw new FlowgridError(
    'RATE_LIMITED',
    `Your tenant keeps ${MAX_IMPORTS} imported models. Delete some that are not used any more.`,
  );
}

function toNewImport(input: {
  readonly file: ReadFile;
  readonly name: string;
  readonly viewer: TenantViewer;
  readonly now: Date;
}): NewImport {
  const { file, name, viewer, now } = input;
  return {
    tenantId: viewer.tenantId,
    id: newId(),
    name,
    format: file.format,
    formatVersion: file.formatVersion?.slice(0, 50) ?? null,
    tool: file.tool,
    exchange: new TextEncoder().encode(file.exchange),
    elements: file.elements,
    elementCount: file.elements.length,
    relationshipCount: file.relationshipCount,
    viewCount: file.viewCount,
    findings: file.findings.slice(0, MAX_FINDINGS),
    findingCount: file.findingCount,
    createdByUserId: viewer.actor.userId,
    createdAt: now,
  };
}

async function record(
  { clock }: ImportServiceOptions,
  { requestId }: ServiceRequest,
  viewer: TenantViewer,
  change: {
    readonly tx: Tx;
    readonly type: 'archimate_model.imported' | 'archimate_model.deleted';
    readonly model: ArchimateImport;
  },
): Promise<void> {
  const { tx, type, model } = change;
  const { name, format, elementCount } = model;
  await recordChange(
    tx,
    { viewer, requestId, clock },
    {
      type,
      model,
      changes: { name, format, elementCount },
      toData: (snapshot) => ({ model: snapshot }),
    },
  );
}

async function deleteModel(
  options: ImportServiceOptions,
  request: ServiceRequest,
  id: string,
): Promise<string> {
  const viewer = requirePermission(request.viewer, 'design:run');
  const { tenantId } = viewer;
  if (!isId(id)) throw notFound('ArchiMate import');
  return options.database.inTenant(tenantId, async (tx) => {
    const model = await store.lockImport(tx, tenantId, id);
    if (model === null) throw notFound('ArchiMate import');
    await store.deleteImport(tx, tenantId, model.id);
    await record(options, request, viewer, { tx, type: 'archimate_model.deleted', model });
    return model.id;
  });
}

async function listElements(
  { database }: ImportServiceOptions,
  request: ServiceRequest,
  modelId: string,
  args: PageArguments & Partial<Pick<store.ElementFilter, 'search' | 'type'>>,
) {
  const { tenantId } = requirePermission(request.viewer, 'design:read');
  const page = parsePage(args, elementCursorSchema);
  const search = args.search?.trim() || null;
  if (search !== null && (search.length > MAX_SEARCH_LENGTH || search.includes('\0'))) {
    throw new FlowgridError('BAD_USER_INPUT', `"search" has at most ${MAX_SEARCH_LENGTH} characters.`);
  }
  const filter = { tenantId, modelId, search, type: args.type?.replaceAll('\0', '') || null };
  const rows = await database.readInTenant(tenantId, (tx) => store.listElements(tx, filter, page));
  return toConnection(rows, page, ({ position }) => ({ position }));
}
