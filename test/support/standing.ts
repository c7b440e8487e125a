import { STATUS_QUERY, type ProjectId, type StoryStatusView } from '../../src/protocol';
import type { TestApp } from './services';
import { watchUntil, withTemporal, workflowOf } from './stories';

export interface Standing {
  readonly run: string;
  readonly lanes: Readonly<Record<string, string>>;
}

/** How a run stands by each of those who say so: the workflow, the rows, and a viewer who comes now. */
export async function standings(
  { client, config }: TestApp,
  projectId: ProjectId,
): Promise<{ temporal: Standing; postgres: Standing; viewer: string }> {
  const view = await withTemporal(config, (temporal) =>
    workflowOf(temporal, projectId).query<StoryStatusView>(STATUS_QUERY),
  );
  const rows = await client.status(projectId);
  const [snapshot] = await watchUntil(client, projectId, () => true);
  const ofRun = new Set<string>(view.lanes.map(({ lane }) => lane));
  const statuses = (lanes: readonly { readonly lane: string; readonly status: string }[]) =>
    Object.fromEntries(
      lanes
        .filter(({ lane }) => ofRun.has(lane))
        .map(({ lane, status }) => [lane, status] as const)
        .sort(),
    );
  return {
    temporal: { run: view.status === 'running' ? 'processing' : view.status, lanes: statuses(view.lanes) },
    postgres: { run: rows.status, lanes: statuses(rows.lanes) },
    viewer: snapshot?.type === 'snapshot' ? snapshot.status : 'no snapshot',
  };
}
