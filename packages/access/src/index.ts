export * from './audit.ts';
export * from './context-token.ts';
export * from './permissions.ts';
export * from './remote-keys.ts';
export * from './viewer.ts';
