import { createHash } from 'node:crypto';
import { parseBatchId, type BatchId } from '../protocol';

/**
 * Batches have one namespace in the core. Here each owner has a separate one, so that no owner joins another's batch by
 * its name. The core's name begins with the owner's hash.
 */
export function batchName(owner: string | undefined, name: string): string {
  return prefixOf(owner) + name;
}

export function batchNameOf(owner: string | undefined, name: BatchId): BatchId {
  const prefix = prefixOf(owner);
  return (name.startsWith(prefix) && parseBatchId(name.slice(prefix.length))) || name;
}

/** How the core's names of the owner's batches begin. */
export function prefixOf(owner: string | undefined): string {
  return owner === undefined ? '' : `${createHash('sha256').update(owner).digest('hex').slice(0, 12)}.`;
}
