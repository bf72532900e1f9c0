import { expect, test } from 'vitest';
import { permissionsOf, rolesNamed } from './role.ts';

test('a user of two roles has the permissions of both, each once', () => {
  expect(permissionsOf(['VIEWER', 'EDITOR']).toSorted()).toEqual(permissionsOf(['EDITOR']).toSorted());
});

test('the name of no role allows nothing', () => {
  expect(rolesNamed(['SUPERUSER'])).toEqual([]);
  expect(permissionsOf(['SUPERUSER', 'owner', ''])).toEqual([]);
});

test('roles come most powerful first', () => {
  expect(rolesNamed(['VIEWER', 'OWNER']).map(({ name }) => name)).toEqual(['OWNER', 'VIEWER']);
});
