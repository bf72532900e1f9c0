/** The environment of the Prisma CLI. `generate` needs no schema engine; any executable named here keeps it from downloading one. */
export const prismaCliEnv = (): NodeJS.ProcessEnv => ({
  ...process.env,
  PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
  CHECKPOINT_DISABLE: '1',
  PRISMA_HIDE_UPDATE_MESSAGE: '1',
});
