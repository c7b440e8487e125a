import type { Path } from './path';
export const peerPaths: readonly Path[] = [];
export const pythonThreads = undefined as unknown as Path;
