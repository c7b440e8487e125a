import type { Connection } from '@temporalio/client';
import { SEARCH_ATTRIBUTES } from '../protocol';
import { shellWord } from '../shell-word';
import { reasonOf, type Lack } from './lack';

/** A connection of the client's or of the worker's. */
export type TemporalServices = Pick<Connection, 'workflowService' | 'operatorService' | 'withDeadline'>;

/** gRPC's NOT_FOUND, PERMISSION_DENIED and UNIMPLEMENTED. */
const NOT_FOUND = 5;
const NOT_SAID: readonly unknown[] = [7, 12];
export const ANSWER_MS = 4_000;

/** Rejects if there is no such namespace. */
export async function missingSearchAttributes(
  connection: Pick<TemporalServices, 'workflowService' | 'operatorService'>,
  namespace: string,
): Promise<string[]> {
  await connection.workflowService.describeNamespace({ namespace });
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return SEARCH_ATTRIBUTES.filter((name) => !(name in customAttributes));
}

export function noNamespace(namespace: string): Lack {
  return {
    what: `Temporal has no namespace "${namespace}"`,
    advice: `Correct TEMPORAL_NAMESPACE, or create it: temporal operator namespace create ${shellWord(namespace)}`,
  };
}

export function isNotFound(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === NOT_FOUND;
}

export async function lackOfNamespace(connection: TemporalServices, namespace: string): Promise<Lack | undefined> {
  try {
    const missing = await connection.withDeadline(Date.now() + ANSWER_MS, () =>
      missingSearchAttributes(connection, namespace),
    );
    if (missing.length === 0) return undefined;
    return {
      what: `the search attributes ${missing.join(', ')} are missing in namespace "${namespace}"`,
      advice: 'Run "storyreel migrate".',
    };
  } catch (error) {
    if (isNotFound(error)) return noNamespace(namespace);
    // A server that keeps its list to itself, which is no reason to do nothing.
    if (NOT_SAID.includes((error as { code?: unknown }).code)) return undefined;
    return { what: `Temporal does not answer (${reasonOf(error)})`, advice: 'Start Temporal, or mend the way to it.' };
  }
}
