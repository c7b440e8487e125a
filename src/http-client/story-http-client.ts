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
  RunWaits,
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
import { leavable, type Reader } from '../protocol/viewer';
import * as answers from './answers';
import { Connection } from './connection';
import { HttpOverview } from './http-overview';
import type { HttpClientOptions } from './options';
import { batchPath, mediaPath, projectPath } from './paths';
import { httpFailure } from './problem-error';
import { watchBatch } from './watch-batch';
import { watchStory, type HttpWatchOptions } from './watch-story';

/** The methods of `StoryClient` that the HTTP API has, under the same names. */
type OverHttp = Pick<
  StoryClient,
  | 'create'
  | 'start'
  | 'status'
  | 'waits'
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

  /** Throws `Config.Invalid` for options that cannot be taken. */
  constructor(options: HttpClientOptions) {
    this.connection = new Connection(options);
    this.overview = new HttpOverview(this.connection, (work) => this.run(work));
  }

  /** With `requestId`, a repeated call gives the project of the first. */
  create(input: NewProject, options: CreateOptions = {}): Promise<ProjectId> {
    return this.run(async () => {
      const ask = { body: input, headers: { 'idempotency-key': options.requestId } };
      return (await this.connection.json('POST', '/v1/projects', answers.createdProject, ask)).projectId;
    });
  }

  start(projectId: string, options: StartOptions = {}): Promise<StartedRun> {
    return this.run(() => {
      const { requestId, ...body } = options;
      return this.post(projectId, 'start', answers.startedRun, body, { 'idempotency-key': requestId });
    });
  }

  status(projectId: string): Promise<ProjectView> {
    return this.run(() => this.connection.json('GET', projectPath(projectId), answers.projectView));
  }

  waits(projectId: string): Promise<RunWaits> {
    return this.run(() => this.connection.json('GET', projectPath(projectId, 'waits'), answers.runWaits));
  }

  edit(projectId: string, changes: ProjectChanges, options: EditOptions = {}): Promise<EditedProject> {
    return this.run(() => {
      const { version, by } = options;
      const headers = { 'if-match': version === undefined ? '*' : `"v${version}"` };
      const ask = { body: { ...changes, by }, headers };
      return this.connection.json('PATCH', projectPath(projectId), answers.editedProject, ask);
    });
  }

  editable(projectId: string): Promise<EditableProject> {
    return this.run(() => this.connection.json('GET', projectPath(projectId, 'editable'), answers.editable));
  }

  textEdits(projectId: string): Promise<TextEditView[]> {
    return this.run(async () => {
      const { edits } = await this.connection.json('GET', projectPath(projectId, 'text-edits'), answers.textEdits);
      return [...edits];
    });
  }

  explain(projectId: string, options: ExplainEditOptions = {}): Promise<ProjectExplanation> {
    return this.run(() => this.post(projectId, 'explain', answers.explanation, options));
  }

  async list(filter: ListFilter = {}): Promise<readonly ProjectSummary[]> {
    return (await this.page(filter)).projects;
  }

  page(filter: ListFilter = {}): Promise<ProjectPage> {
    return this.run(() => {
      const { text, ...query } = filter;
      return this.connection.json('GET', '/v1/projects', answers.projectPage, { query: { ...query, q: text } });
    });
  }

  watch(projectId: string, options: HttpWatchOptions = {}): AsyncGenerator<StoryEvent, void, undefined> {
    const begin = (left: AbortSignal) => {
      const { from, signal } = options;
      return { path: projectPath(projectId, 'events'), from, leaving: this.leaving(signal, left) };
    };
    return leavable((left) => watchStory(this.connection, () => begin(left)), httpFailure);
  }

  pause(projectId: string, options: { readonly now?: boolean } = {}): Promise<MessageAnswer> {
    return this.run(() => this.post(projectId, 'pause', answers.messageAnswer, options));
  }

  resume(projectId: string): Promise<MessageAnswer> {
    return this.run(() => this.post(projectId, 'resume', answers.messageAnswer, {}));
  }

  retry(projectId: string, lane: string): Promise<readonly LaneId[]> {
    return this.lanes(projectId, 'retry', () => ({ lane }));
  }

  skip(projectId: string, lane: string): Promise<readonly LaneId[]> {
    return this.lanes(projectId, 'skip', () => ({ lane }));
  }

  cancelLane(projectId: string, lane: string): Promise<readonly LaneId[]> {
    return this.lanes(projectId, 'cancel-lane', () => ({ lane }));
  }

  approve(projectId: string, gate: StageName): Promise<MessageAnswer> {
    return this.run(() => this.post(projectId, 'approve', answers.messageAnswer, { gate }));
  }

  reject(
    projectId: string,
    gate: StageName,
    rejection: { readonly reason: string; readonly lane?: string },
  ): Promise<readonly LaneId[]> {
    return this.lanes(projectId, 'reject', () => ({ gate, ...rejection }));
  }

  cancel(projectId: string): Promise<CancelResult> {
    return this.run(() => this.post(projectId, 'cancel', answers.cancelResult, {}));
  }

  delete(projectId: string, options: DeleteOptions = {}): Promise<void> {
    return this.run(async () => {
      const query = { purge_history: options.purgeHistory };
      await this.connection.done('DELETE', projectPath(projectId), { query });
    });
  }

  setBudget(projectId: string, amount?: number): Promise<void> {
    return this.run(async () => {
      await this.connection.done('PUT', projectPath(projectId, 'budget'), { body: { amount: amount ?? null } });
    });
  }

  batch(projects: readonly BatchInputProject[], options: BatchOptions = {}): Promise<StartedBatch> {
    return this.run(() =>
      this.connection.json('POST', '/v1/batches', answers.startedBatch, { body: { projects, ...options } }),
    );
  }

  batchStatus(batchId: string): Promise<BatchView> {
    return this.run(() => this.connection.json('GET', batchPath(batchId), answers.batchView));
  }

  /** The status of a batch, now and at each change, until none of its projects runs. */
  watchBatch(batchId: string, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<BatchView, void> {
    const begin = (left: AbortSignal) => {
      const { signal } = options;
      return { path: `${batchPath(batchId)}/events`, leaving: this.leaving(signal, left) };
    };
    return leavable((left) => watchBatch(this.connection, () => begin(left)), httpFailure);
  }

  cancelBatch(batchId: string): Promise<boolean> {
    return this.run(async () => {
      const path = `${batchPath(batchId)}/cancel`;
      return (await this.connection.json('POST', path, answers.cancelledBatch, { body: {} })).cancelled;
    });
  }

  /** Of a picture, a clip or the film; it takes Range. Throws `Project.NotFound` and `Request.Invalid`. */
  mediaUrl(projectId: string, sha256: string): string {
    return this.connection.address(mediaPath(projectId, sha256));
  }

  /** The scenes of the film and their times, as WebVTT. */
  chapters(projectId: string): Promise<string> {
    return this.textAt(projectId, 'chapters.vtt', 'text/vtt');
  }

  /** A lane's text as it is now. */
  laneText(projectId: string, lane: string = laneOfRole('story')): Promise<string> {
    return this.textAt(projectId, 'lanes/text', 'text/plain', { lane });
  }

  /** Ends every watch. */
  close(): Promise<void> {
    this.isClosed = true;
    for (const watch of [...this.watches]) watch.abort();
    return Promise.resolve();
  }

  /** Aborts with the watch's own signal, the client's, or its `close`; released when the watch has ended. */
  private textAt(
    projectId: string,
    path: string,
    type: string,
    query: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    return this.run(() => this.connection.text(projectPath(projectId, path), type, { query }));
  }

  private leaving(...given: readonly (AbortSignal | undefined)[]): AbortController {
    const leaving = new AbortController();
    const abort = () => leaving.abort();
    const signals = [...given, this.connection.signal].filter((signal) => signal !== undefined);
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
    id: string,
    what: string,
    read: Reader<T>,
    body: object,
    headers: Record<string, string | undefined> = {},
  ): Promise<T> {
    return this.connection.json('POST', projectPath(id, what), read, { body, headers });
  }

  private lanes(projectId: string, what: string, body: () => object): Promise<readonly LaneId[]> {
    return this.run(async () => (await this.post(projectId, what, answers.laneList, body())).lanes);
  }

  /** Whatever goes wrong leaves as a `StoryreelError`. */
  private async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw httpFailure(error);
    }
  }
}
