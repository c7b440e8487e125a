import { relative } from 'node:path';
import { shellWord } from '../../src/shell-word';
import { workflowIdOf, type ProjectId } from '../../src/protocol';

interface Places {
  /** The URL of the HTTP gateway, if one runs. */
  readonly gatewayUrl?: string;
  /** Signs a browser in at the page, once. */
  readonly loginToken?: string;
  /** The URL of the Temporal server's UI, if it has one that is known. */
  readonly uiUrl?: string;
  readonly namespace: string;
  readonly envFile: string;
  readonly projectId: ProjectId;
  readonly runId: string;
}

/** The addresses at which a person can watch the run and steer it. */
export function placeLines({ uiUrl, gatewayUrl, loginToken, namespace, envFile, projectId, runId }: Places): string[] {
  const near = relative(process.cwd(), envFile);
  const file = near.startsWith('..') ? envFile : `./${near}`;
  const workflow = `${uiUrl}/namespaces/${encodeURIComponent(namespace)}/workflows/${workflowIdOf(projectId)}/${runId}/history`;
  return [
    ...(gatewayUrl === undefined ? [] : pageLines(`${gatewayUrl}/p/${projectId}`, gatewayUrl, loginToken)),
    ...(uiUrl === undefined ? [] : [`Temporal UI   ${workflow}`]),
    `Command line  . ${shellWord(file)} && storyreel status ${projectId}`,
    `              storyreel cancel ${projectId}`,
  ];
}

/** The token is in the fragment of the address, which browsers do not send. */
function pageLines(page: string, url: string, loginToken: string | undefined): string[] {
  const login = loginToken === undefined ? '' : `#login=${loginToken}`;
  return [`Page          ${page}${login}`, `HTTP          ${url}/v1`];
}
