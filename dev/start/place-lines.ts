import { relative } from 'node:path';
import { shellWord } from '../../src/shell-word';
import { workflowIdOf, type ProjectId } from '../../src/protocol';

interface Places {
  /** Of the HTTP gateway, where one runs. */
  readonly gatewayUrl?: string;
  /** Of the Temporal server, where it has one that is known. */
  readonly uiUrl?: string;
  readonly namespace: string;
  readonly envFile: string;
  readonly projectId: ProjectId;
  readonly runId: string;
}

/** Where a person can look at the run and steer it. */
export function placeLines({ uiUrl, gatewayUrl, namespace, envFile, projectId, runId }: Places): string[] {
  const near = relative(process.cwd(), envFile);
  const file = near.startsWith('..') ? envFile : `./${near}`;
  const workflow = `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${workflowIdOf(projectId)}/${runId}/history`;
  return [
    ...(uiUrl === undefined ? [] : [`Temporal UI   ${workflow}`]),
    ...(gatewayUrl === undefined
      ? []
      : [`Page          ${gatewayUrl}/p/${projectId}`, `HTTP          ${gatewayUrl}/v1`]),
    `Command line  . ${shellWord(file)} && storyreel status ${projectId}`,
    `              storyreel cancel ${projectId}`,
  ];
}
