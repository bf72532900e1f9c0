/** Password hashes by scrypt, in PHC format, so that old hashes keep working when the parameters are raised. */
import { randomBytes, scrypt, timingSafeEqual, type ScryptOptions } from 'node:crypto';
import { createGate } from './gate.ts';

/** OWASP's choice for 16 MiB per hash; memory bounds how many can be made at once. */
const CURRENT: Parameters = { costLog2: 14, blockSize: 8, parallelization: 5 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** scrypt and the verification of signatures share four threads: two of them stay free for requests of who is signed in. */
const CONCURRENT_HASHES = 2;
const WAITING_HASHES = 100;

interface Parameters {
  readonly costLog2: number;
  readonly blockSize: number;
  readonly parallelization: number;
}

interface StoredHash extends Parameters {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

export interface PasswordHasher {
  hash(password: string): Promise<string>;
  /**
   * True when the password made the hash. Without a hash it is false after the same work, so that the time of the
   * answer does not tell whether there is one.
   */
  verify(password: string, stored: string | null): Promise<boolean>;
  /** True when the hash was made with other parameters than new ones are. */
  isOutdated(stored: string): boolean;
}

/** `parameters` are weaker in tests only. */
export function createPasswordHasher(parameters: Parameters = CURRENT): PasswordHasher {
  const gate = createGate({ concurrent: CONCURRENT_HASHES, waiting: WAITING_HASHES });
  const nobody: StoredHash = { ...parameters, salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) };
  return {
    hash: async (password) => {
      const salt = randomBytes(SALT_BYTES);
      const hash = await gate(() => derive(password, salt, parameters));
      return format({ ...parameters, salt, hash });
    },
    verify: async (password, stored) => {
      const known = stored === null ? null : parse(stored);
      const { hash, salt, ...used } = known ?? nobody;
      const derived = await gate(() => derive(password, salt, used));
      return timingSafeEqual(derived, hash) && known !== null;
    },
    isOutdated: (stored) => {
      const { costLog2, blockSize, parallelization } = parse(stored);
      return (
        costLog2 !== parameters.costLog2 ||
        blockSize !== parameters.blockSize ||
        parallelization !== parameters.parallelization
      );
    },
  };
}

function derive(password: string, salt: Buffer, parameters: Parameters): Promise<Buffer> {
  const cost = 2 ** parameters.costLog2;
  const options: ScryptOptions = {
    cost,
    blockSize: parameters.blockSize,
    parallelization: parameters.parallelization,
    maxmem: 256 * (cost + parameters.parallelization) * parameters.blockSize,
  };
  return new Promise((resolve, reject) => {
    // The same characters typed on another keyboard may be other code points: NFKC makes them one.
    scrypt(password.normalize('NFKC'), salt, HASH_BYTES, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}

function format({ costLog2, blockSize, parallelization, salt, hash }: StoredHash): string {
  const parameters = `ln=${costLog2},r=${blockSize},p=${parallelization}`;
  return `$scrypt$${parameters}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

const PATTERN =
  /^\$scrypt\$ln=(?<ln>\d{1,2}),r=(?<r>\d{1,2}),p=(?<p>\d{1,2})\$(?<salt>[\w-]{22})\$(?<hash>[\w-]{43})$/;

function parse(stored: string): StoredHash {
  const groups = PATTERN.exec(stored)?.groups;
  if (!groups) throw new Error('a stored password hash is damaged');
  return {
    costLog2: Number(groups['ln']),
    blockSize: Number(groups['r']),
    parallelization: Number(groups['p']),
    salt: Buffer.from(groups['salt'] ?? '', 'base64url'),
    hash: Buffer.from(groups['hash'] ?? '', 'base64url'),
  };
}
