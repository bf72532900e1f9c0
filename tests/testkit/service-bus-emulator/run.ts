/**
 * `npm run test:servicebus`: the contract of transports over Microsoft's emulator. Uses the one at
 * `FLOWGRID_TEST_SERVICE_BUS`, or starts the compose profile `servicebus` where Docker is and ends it afterwards.
 */
import { spawnSync } from 'node:child_process';

const SERVICE = 'servicebus';
/** The emulator has this key and no other. */
const LOCAL =
  'Endpoint=sb://localhost;SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;UseDevelopmentEmulator=true;';

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): number {
  return spawnSync(command, args, { stdio: 'inherit', env }).status ?? 1;
}

const test = (connectionString: string): number =>
  run('vitest', ['run', '--config', 'tests/testkit/service-bus-emulator/vitest.config.ts'], {
    ...process.env,
    FLOWGRID_TEST_SERVICE_BUS: connectionString,
  });

function testWithCompose(): number {
  if (spawnSync('docker', ['compose', 'version']).status !== 0) {
    const isRequired = process.env['CI'] === 'true';
    process.stderr.write(
      "Docker with compose is not here, so the contract is not run over Microsoft's emulator. " +
        'Start one elsewhere and set FLOWGRID_TEST_SERVICE_BUS to its connection string.\n',
    );
    return isRequired ? 1 : 0;
  }
  const compose = ['compose', '--profile', 'servicebus'];
  try {
    const started = run('docker', [...compose, 'up', '--detach', '--wait', SERVICE]);
    return started === 0 ? test(LOCAL) : started;
  } finally {
    run('docker', [...compose, 'rm', '--stop', '--force', SERVICE]);
  }
}

const given = process.env['FLOWGRID_TEST_SERVICE_BUS'];
process.exitCode = given === undefined ? testWithCompose() : test(given);
