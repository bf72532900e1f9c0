/** Prisma's schema engine in its WebAssembly form: it needs no download and no shadow database. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  ColumnTypeEnum,
  bindMigrationAwareSqlAdapterFactory,
  type SqlMigrationAwareDriverAdapterFactory,
} from '@prisma/driver-adapter-utils';
import { Pool, type QueryResult } from 'pg';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';

/** What Prisma would have to change in a schema of the database to make it as its models say; empty when they agree. */
export async function diffDatabaseToModels(
  url: string,
  models: { readonly schema: string; readonly file: URL },
): Promise<string> {
  const path = fileURLToPath(models.file);
  const content = await readFile(models.file, 'utf8');
  const files = [{ path, content }];
  await using pool = new CataloguePool({ connectionString: url, options: `-c search_path=${models.schema}` });
  await loadEngine();
  using engine = await bindings.SchemaEngine.new(
    { datamodels: [[path, content]] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(readCharacters(pool, models.schema)),
  );
  const { stdout } = await engine.diff({
    from: { tag: 'schemaDatasource', files, configDir: '' },
    to: { tag: 'schemaDatamodel', files },
    script: true,
    exitCode: null,
    filters: { externalTables: [`${models.schema}._prisma_migrations`], externalEnums: [] },
  });
  return (stdout ?? '').replace('-- This is an empty migration.', '').trim();
}

/** PostgreSQL's internal one-byte type "char", which catalogues are full of and the driver adapter does not know. */
const INTERNAL_CHAR = 18;
const TEXT = 25;

/** A pool that shows the engine the catalogue as it was before PostgreSQL 18, which lists NOT NULL among constraints. */
class CataloguePool extends Pool {
  /** Names of the columns that were of the internal type. */
  readonly characterColumns = new Set<string>();

  override query(...args: unknown[]): never;
  override async query(...args: unknown[]): Promise<unknown> {
    const result: QueryResult<unknown[]> = await Reflect.apply(super.query, this, args);
    for (const field of result.fields) {
      if (field.dataTypeID !== INTERNAL_CHAR) continue;
      field.dataTypeID = TEXT;
      this.characterColumns.add(field.name);
    }
    const kind = result.fields.findIndex(({ name }) => name === 'constraint_type');
    return kind < 0 ? result : { ...result, rows: result.rows.filter((row) => row[kind] !== 'n') };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}

/** The adapter, telling the engine that the columns of the internal type are characters. */
function readCharacters(pool: CataloguePool, schema: string): SqlMigrationAwareDriverAdapterFactory {
  const factory = new PrismaPg(pool, { schema });
  const connect = factory.connect.bind(factory);
  factory.connect = async () => {
    const adapter = await connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      const columnTypes = result.columnTypes.map((type, column) =>
        pool.characterColumns.has(result.columnNames[column] ?? '') ? ColumnTypeEnum.Character : type,
      );
      return { ...result, columnTypes };
    };
    return adapter;
  };
  return factory;
}

/** The part of the global that the compiler options without a browser do not declare. */
declare const WebAssembly: {
  instantiate(
    bytes: Uint8Array,
    imports: object,
  ): Promise<{ instance: { exports: Record<string, unknown> } }>;
};

let isLoaded = false;

async function loadEngine(): Promise<void> {
  if (isLoaded) return;
  const file = new URL(
    'schema_engine_bg.wasm',
    import.meta.resolve('@prisma/schema-engine-wasm/schema_engine_bg'),
  );
  const { instance } = await WebAssembly.instantiate(await readFile(file), {
    './schema_engine_bg.js': bindings,
  });
  bindings.__wbg_set_wasm(instance.exports);
  // The engine reports its own faults here before it stops.
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: failWith } });
  const start = instance.exports['__wbindgen_start'];
  if (typeof start === 'function') start();
  isLoaded = true;
}

function failWith(message: string): never {
  throw new Error(`the schema engine failed: ${message}`);
}
