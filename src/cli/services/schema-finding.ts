import type { DataSource } from 'typeorm';
import { schemaState } from '../../entities';
import type { Finding } from './finding';

export type SchemaFinding = Required<Pick<Finding, 'detail' | 'advice'>>;

/**
 * Undefined unless the schema has migrations that this release does not know. During a deploy, and after a step back,
 * that is intended.
 */
export async function newerSchema(dataSource: DataSource): Promise<SchemaFinding | undefined> {
  const last = (await schemaState(dataSource)).newer.at(-1);
  if (last === undefined) return undefined;
  return {
    detail: `the schema is newer than this release, which does not know ${last}`,
    advice:
      'Install the newer release here. Until then this one works, unless the changelog of the newer one states otherwise.',
  };
}
