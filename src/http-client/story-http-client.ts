import type {
  BatchInputProject,
  BatchOptions,
  BatchView,
  CancelResult,
  CreateOptions,
  DeleteOptions,
  EditableProject,
  EditedProject,
  EditOptions,
  ExplainEditOptions,
  ListFilter,
  NewProject,
  ProjectChanges,
  ProjectExplanation,
  ProjectPage,
  ProjectSummary,
  ProjectView,
  StartedBatch,
  StartedRun,
  StartOptions,
  StoryClient,
  TextEditView,
} from '../client';
import {
  laneOfRole,
  type LaneId,
  type MessageAnswer,
  type ProjectId,
  type StageName,
  type StoryEvent,
} from '../protocol';
import { backoffMs, pause, readStream } from '../protocol/viewer';
import { Connection, type HttpClientOptions } from './connection';
import { HttpOverview } from './http-overview';
import { HttpFailure } from './problem-error';
import { watchStory, type HttpWatchOptions } from './watch-story';

/** The methods of `StoryClient` that the HTTP API has, under the same names. */
type OverHttp = Pick<
  StoryClient,
  | 'create'
  | 'start'
  | 'status'
  | 'edit'
  | 'editable'
  | 'textEdits'
  | 'explain'
  | 'list'
  | 'page'
  | 'watch'
  | 'pause'
  | 'resume'
  | 'retry'
  | 'skip'
  | 'cancelLane'
  | 'approve'
  | 'reject'
  | 'cancel'
  | 'delete'
  | 'setBudget'
  | 'batch'
  | 'batchStatus'
  | 'watchBatch'
  | 'cancelBatch'
  | 'close'
>;

/**
 * Storyreel for a program that has nothing but HTTP, in Node and in browsers. Everything is refused with the failures of
 * `StoryClient`, as `HttpFailure`.
 */
export class StoryHttpClient implements OverHttp {
  /** What is not of one project. */
  readonly overview: HttpOverview;
  private readonly connection: Connection;
  private readonly watches = new Set<AbortController>();
  private isClosed = false;

  constructor(private readonly options: HttpClientOptions) {
    this.connection = new Connection(options);
    this.overview = new HttpOverview(this.connection);
  }

  /** With `requestId`, a repeated call returns the project of the first call. */
  async create(input: NewProject, options: CreateOptions = {}): Promise<ProjectId> {
    const ask = { body: input, headers: { 'idempotency-key': options.requestId } };
    return (await this.connection.json<{ projectId: ProjectId }>('POST', '/v1/projects', ask)).projectId;
  }

  start(projectId: ProjectId, options: StartOptions = {}): Promise<StartedRun> {
    const { requestId, ...body } = options;
    return this.post(projectId, 'start', body, { 'idempotency-key': requestId });
  }

  status(projectId: ProjectId): Promise<ProjectView> {
    return this.connection.json('GET', at(projectId));
  }

  edit(projectId: ProjectId, changes: ProjectChanges, { version, by }: EditOptions = {}): Promise<EditedProject> {
    const headers = { 'if-match': version === undefined ? '*' : `"v${version}"` };
    return this.connection.json('PATCH', at(projectId), { body: { ...changes, by }, headers });
  }

  editable(projectId: ProjectId): Promise<EditableProject> {
    return this.connection.json('GET', at(projectId, 'editable'));
  }

  async textEdits(projectId: ProjectId): Promise<TextEditView[]> {
    const { edits } = await this.connection.json<{ edits: TextEditView[] }>('GET', at(projectId, 'text-edits'));
    return edits.map((edit) => ({ ...edit, at: new Date(edit.at) }));
  }

  explain(projectId: ProjectId, options: ExplainEditOptions = {}): Promise<ProjectExplanation> {
    return this.post(projectId, 'explain', options);
  }

  async list(filter: ListFilter = {}): Promise<readonly ProjectSummary[]> {
    return (await this.page(filter)).projects;
  }

  async page({ text, ...filter }: ListFilter = {}): Promise<ProjectPage> {
    const page = await this.connection.json<ProjectPage>('GET', '/v1/projects', { query: { ...filter, q: text } });
    const projects = page.projects.map((each) => ({ ...each, createdAt: new Date(each.createdAt) }));
    return { ...page, projects };
  }

  watch(projectId: ProjectId, { from, signal }: HttpWatchOptions = {}): AsyncGenerator<StoryEvent, void, undefined> {
    return watchStory(this.connection, projectId, from, this.leaving(signal));
  }

  pause(projectId: ProjectId, options: { readonly now?: boolean } = {}): Promise<MessageAnswer> {
    return this.post(projectId, 'pause', options);
  }

  /** Lets a paused run continue. */
  resume(projectId: ProjectId): Promise<MessageAnswer> {
    return this.post(projectId, 'resume', {});
  }

  retry(projectId: ProjectId, lane: string): Promise<readonly LaneId[]> {
    return this.lanes(projectId, 'retry', { lane });
  }

  skip(projectId: ProjectId, lane: string): Promise<readonly LaneId[]> {
    return this.lanes(projectId, 'skip', { lane });
  }

  cancelLane(projectId: ProjectId, lane: string): Promise<readonly LaneId[]> {
    return this.lanes(projectId, 'cancel-lane', { lane });
  }

  approve(projectId: ProjectId, gate: StageName): Promise<MessageAnswer> {
    return this.post(projectId, 'approve', { gate });
  }

  reject(
    projectId: ProjectId,
    gate: StageName,
    rejection: { readonly reason: string; readonly lane?: string },
  ): Promise<readonly LaneId[]> {
    return this.lanes(projectId, 'reject', { gate, ...rejection });
  }

  cancel(projectId: ProjectId): Promise<CancelResult> {
    return this.post(projectId, 'cancel', {});
  }

  delete(projectId: ProjectId, { purgeHistory }: DeleteOptions = {}): Promise<void> {
    return this.connection.json('DELETE', at(projectId), { query: { purge_history: purgeHistory } });
  }

  setBudget(projectId: ProjectId, amount?: number): Promise<void> {
    return this.connection.json('PUT', at(projectId, 'budget'), { body: { amount: amount ?? null } });
  }

  batch(projects: readonly BatchInputProject[], options: BatchOptions = {}): Promise<StartedBatch> {
    return this.connection.json('POST', '/v1/batches', { body: { projects, ...options } });
  }

  batchStatus(batchId: string): Promise<BatchView> {
    return this.connection.json('GET', `/v1/batches/${encodeURIComponent(batchId)}`);
  }

  /** The status of a batch, now and at each change, until none of its projects runs. */
  async *watchBatch(batchId: string, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<BatchView, void> {
    const leaving = this.leaving(options.signal);
    const { signal } = leaving;
    const path = `/v1/batches/${encodeURIComponent(batchId)}/events`;
    try {
      for (let failures = 0; !signal.aborted; failures += 1) {
        const answer = await this.connection.ask('GET', path, { signal }).catch((error: unknown) => {
          if (signal.aborted || (error instanceof HttpFailure && error.retryable)) return undefined;
          throw error;
        });
        for await (const { data } of answer?.body ? readStream(answer.body).messages : []) {
          const { type, ...view } = JSON.parse(data) as { readonly type: string };
          if (type === 'end') return;
          failures = 0;
          if (type === 'batch') yield view as BatchView;
        }
        await pause(backoffMs(failures), signal);
      }
    } finally {
      leaving.abort();
    }
  }

  async cancelBatch(batchId: string): Promise<boolean> {
    const path = `/v1/batches/${encodeURIComponent(batchId)}/cancel`;
    return (await this.connection.json<{ cancelled: boolean }>('POST', path, { body: {} })).cancelled;
  }

  /** The URL of a picture, a clip or the film; it supports Range. */
  mediaUrl(projectId: ProjectId, sha256: string): string {
    return this.connection.address(at(projectId, `media/${sha256}`));
  }

  /** The scenes of the film and their times, as WebVTT. */
  async chapters(projectId: ProjectId): Promise<string> {
    return (await this.connection.ask('GET', at(projectId, 'chapters.vtt'))).text();
  }

  /** A lane's text as it is now. */
  async laneText(projectId: ProjectId, lane: string = laneOfRole('story')): Promise<string> {
    return (await this.connection.ask('GET', at(projectId, 'lanes/text'), { query: { lane } })).text();
  }

  /** Ends every watch. */
  close(): Promise<void> {
    this.isClosed = true;
    for (const watch of [...this.watches]) watch.abort();
    return Promise.resolve();
  }

  /** Aborts with the watch's own signal, the client's, or its `close`; released when the watch has ended. */
  private leaving(...given: readonly (AbortSignal | undefined)[]): AbortController {
    const leaving = new AbortController();
    const abort = () => leaving.abort();
    const signals = [...given, this.options.signal].filter((signal) => signal !== undefined);
    for (const signal of signals) signal.addEventListener('abort', abort);
    this.watches.add(leaving);
    leaving.signal.addEventListener('abort', () => {
      for (const signal of signals) signal.removeEventListener('abort', abort);
      this.watches.delete(leaving);
    });
    if (this.isClosed || signals.some(({ aborted }) => aborted)) leaving.abort();
    return leaving;
  }

  private post<T>(
    id: ProjectId,
    what: string,
    body: object,
    headers: Record<string, string | undefined> = {},
  ): Promise<T> {
    return this.connection.json('POST', at(id, what), { body, headers });
  }

  private async lanes(projectId: ProjectId, what: string, body: object): Promise<readonly LaneId[]> {
    return (await this.post<{ readonly lanes: readonly LaneId[] }>(projectId, what, body)).lanes;
  }
}

function at(projectId: ProjectId, what?: string): string {
  const path = `/v1/projects/${encodeURIComponent(projectId)}`;
  return what === undefined ? path : `${path}/${what}`;
}
