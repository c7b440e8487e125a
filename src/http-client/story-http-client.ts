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
  Outcome,
  OutcomeOptions,
  ProjectChanges,
  ProjectExplanation,
  ProjectPage,
  ProjectSummary,
  ProjectView,
  RunWaits,
  StartedBatch,
  StartedRun,
  StartOptions,
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
import { Connection, type Ask } from './connection';
import { HttpOverview } from './http-overview';
import type { HttpClientOptions } from './options';
import { batchPath, mediaPath, projectPath } from './paths';
import { httpFailure } from './problem-error';
import { watchBatch } from './watch-batch';
import { watchOutcomes } from './watch-outcomes';
import { watchStory, type HttpWatchOptions } from './watch-story';

/**
 * Storyreel for a program that has nothing but HTTP, in Node and in browsers. Everything is refused with the failures of
 * `StoryClient`, as `HttpFailure`.
 */
export class StoryHttpClient {
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
      const { requestId, onRepeated } = options;
      const ask = { body: input, headers: { 'idempotency-key': requestId }, onRepeated };
      return (await this.connection.json('POST', '/v1/projects', answers.createdProject, ask)).projectId;
    });
  }

  /** Starts a run of a project. */
  start(projectId: string, options: StartOptions = {}): Promise<StartedRun> {
    return this.run(() => {
      const { requestId, onRepeated, ...body } = options;
      const more = { headers: { 'idempotency-key': requestId }, onRepeated };
      return this.post(projectId, 'start', answers.startedRun, body, more);
    });
  }

  /** The project with its stages, lanes and scenes, as the tables have it. */
  status(projectId: string): Promise<ProjectView> {
    return this.run(() => this.connection.json('GET', projectPath(projectId), answers.projectView));
  }

  /** What the project's run waits for, and since when. */
  waits(projectId: string): Promise<RunWaits> {
    return this.run(() => this.connection.json('GET', projectPath(projectId, 'waits'), answers.runWaits));
  }

  /** Changes a project; its run makes again what the changes concern. */
  edit(projectId: string, changes: ProjectChanges, options: EditOptions = {}): Promise<EditedProject> {
    return this.run(() => {
      const { version, by } = options;
      const headers = { 'if-match': version === undefined ? '*' : `"v${version}"` };
      const ask = { body: { ...changes, by }, headers };
      return this.connection.json('PATCH', projectPath(projectId), answers.editedProject, ask);
    });
  }

  /** What a person can edit, with the version that an edit names. */
  editable(projectId: string): Promise<EditableProject> {
    return this.run(() => this.connection.json('GET', projectPath(projectId, 'editable'), answers.editable));
  }

  /** The edits of texts by hand, with the texts before. */
  textEdits(projectId: string): Promise<TextEditView[]> {
    return this.run(async () => {
      const { edits } = await this.connection.json('GET', projectPath(projectId, 'text-edits'), answers.textEdits);
      return [...edits];
    });
  }

  /** What a run would make and what it would cost. Nothing runs. */
  explain(projectId: string, options: ExplainEditOptions = {}): Promise<ProjectExplanation> {
    return this.run(() => this.post(projectId, 'explain', answers.explanation, options));
  }

  /** The projects, the newest first. */
  async list(filter: ListFilter = {}): Promise<readonly ProjectSummary[]> {
    return (await this.page(filter)).projects;
  }

  /** A page of them, and where the next one begins. */
  page(filter: ListFilter = {}): Promise<ProjectPage> {
    return this.run(() => {
      const { text, ...query } = filter;
      return this.connection.json('GET', '/v1/projects', answers.projectPage, { query: { ...query, q: text } });
    });
  }

  /** A snapshot and each event after it, until the run has ended, the signal fires or the client closes. */
  watch(projectId: string, options: HttpWatchOptions = {}): AsyncGenerator<StoryEvent, void, undefined> {
    const begin = (left: AbortSignal) => {
      const { from, signal } = options;
      return { path: projectPath(projectId, 'events'), from, leaving: this.leaving(signal, left) };
    };
    return leavable((left) => watchStory(this.connection, () => begin(left)), httpFailure);
  }

  /** Begins no more lanes; with `now`, it also stops those that run. */
  pause(projectId: string, options: { readonly now?: boolean } = {}): Promise<MessageAnswer> {
    return this.run(() => this.post(projectId, 'pause', answers.messageAnswer, options));
  }

  /** Continues a paused run. */
  resume(projectId: string): Promise<MessageAnswer> {
    return this.run(() => this.post(projectId, 'resume', answers.messageAnswer, {}));
  }

  /** Begins lanes again that need attention. */
  retry(projectId: string, lane: string): Promise<readonly LaneId[]> {
    return this.lanes(projectId, 'retry', () => ({ lane }));
  }

  /** Leaves lanes out, so that the run continues without them. */
  skip(projectId: string, lane: string): Promise<readonly LaneId[]> {
    return this.lanes(projectId, 'skip', () => ({ lane }));
  }

  /** Stops lanes that run. */
  cancelLane(projectId: string, lane: string): Promise<readonly LaneId[]> {
    return this.lanes(projectId, 'cancel-lane', () => ({ lane }));
  }

  /** Opens a gate. */
  approve(projectId: string, gate: StageName): Promise<MessageAnswer> {
    return this.run(() => this.post(projectId, 'approve', answers.messageAnswer, { gate }));
  }

  /** Has what waits at a gate made again, with the reason. */
  reject(
    projectId: string,
    gate: StageName,
    rejection: { readonly reason: string; readonly lane?: string },
  ): Promise<readonly LaneId[]> {
    return this.lanes(projectId, 'reject', () => ({ gate, ...rejection }));
  }

  /** Ends the run of a project. */
  cancel(projectId: string): Promise<CancelResult> {
    return this.run(() => this.post(projectId, 'cancel', answers.cancelResult, {}));
  }

  /** Deletes a project with everything of it. */
  delete(projectId: string, options: DeleteOptions = {}): Promise<void> {
    return this.run(async () => {
      const query = { purge_history: options.purgeHistory };
      await this.connection.done('DELETE', projectPath(projectId), { query });
    });
  }

  /** The most that the runs of a project may cost; without an amount, there is no limit. */
  setBudget(projectId: string, amount?: number): Promise<void> {
    return this.run(async () => {
      await this.connection.done('PUT', projectPath(projectId, 'budget'), { body: { amount: amount ?? null } });
    });
  }

  /** Stores many projects and runs them, a few at a time. */
  batch(projects: readonly BatchInputProject[], options: BatchOptions = {}): Promise<StartedBatch> {
    return this.run(() =>
      this.connection.json('POST', '/v1/batches', answers.startedBatch, { body: { projects, ...options } }),
    );
  }

  /** How far a batch is. */
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

  /** Ends a batch and every run of it. Resolves with false if it was not running. */
  cancelBatch(batchId: string): Promise<boolean> {
    return this.run(async () => {
      const path = `${batchPath(batchId)}/cancel`;
      return (await this.connection.json('POST', path, answers.cancelledBatch, { body: {} })).cancelled;
    });
  }

  /** How each run has ended, from the cursor on and then each new one, until the signal fires or the client closes. */
  outcomes(options: OutcomeOptions = {}): AsyncGenerator<Outcome, void, undefined> {
    const begin = (left: AbortSignal) => {
      const { signal, ...filter } = options;
      return { filter, leaving: this.leaving(signal, left) };
    };
    return leavable((left) => watchOutcomes(this.connection, () => begin(left)), httpFailure);
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

  private textAt(
    projectId: string,
    path: string,
    type: string,
    query: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    return this.run(() => this.connection.text(projectPath(projectId, path), type, { query }));
  }

  /** Aborts with the watch's own signal, the client's, or its `close`; released when the watch has ended. */
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

  private post<T>(id: string, what: string, read: Reader<T>, body: object, more: Omit<Ask, 'body'> = {}): Promise<T> {
    return this.connection.json('POST', projectPath(id, what), read, { ...more, body });
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
