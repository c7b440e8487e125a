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
 * `StoryClient` for a program that has nothing but HTTP, in Node and in browsers: the methods have the same names,
 * arguments and results. Every error is an `HttpFailure` with a type of docs/errors.md. Beside the types that
 * `StoryClient` names, each method can throw `Request.Unauthenticated`, `Request.Forbidden`, `Request.TooMany`,
 * `Gateway.Busy`, `Service.Unreachable`, `Response.Invalid`, and `Client.Closed` if its signal ends the request.
 */
export class StoryHttpClient {
  /** Lists and figures over all projects. */
  readonly overview: HttpOverview;
  private readonly connection: Connection;
  private readonly watches = new Set<AbortController>();
  private isClosed = false;

  /** Throws `Config.Invalid` for options that cannot be taken. */
  constructor(options: HttpClientOptions) {
    this.connection = new Connection(options);
    this.overview = new HttpOverview(this.connection, (work) => this.run(work));
  }

  /**
   * Stores a new project; nothing runs yet. A repeated call with the same `requestId` returns the same id. Throws
   * `Project.Invalid`, and `Request.Repeated` if the `requestId` was used for another input.
   */
  create(input: NewProject, options: CreateOptions = {}): Promise<ProjectId> {
    return this.run(async () => {
      const { requestId, onRepeated } = options;
      const ask = { body: input, headers: { 'idempotency-key': requestId }, onRepeated };
      return (await this.connection.json('POST', '/v1/projects', answers.createdProject, ask)).projectId;
    });
  }

  /**
   * Starts a run of the project. Throws `Project.NotFound`, `Project.Invalid` and `Stage.Unknown`. Throws
   * `Project.AlreadyRunning` unless `join` is set, and `Project.WouldReplaceEdits` unless `replaceEdits` is set.
   */
  start(projectId: string, options: StartOptions = {}): Promise<StartedRun> {
    return this.run(() => {
      const { requestId, onRepeated, ...body } = options;
      const more = { headers: { 'idempotency-key': requestId }, onRepeated };
      return this.post(projectId, 'start', answers.startedRun, { body, ...more });
    });
  }

  /** The status of the project, its stages and its lanes, as Postgres has it. Throws `Project.NotFound`. */
  status(projectId: string): Promise<ProjectView> {
    return this.run(() => this.connection.json('GET', projectPath(projectId), answers.projectView));
  }

  /** What the open run waits for, other than people and providers: workers and retries. */
  waits(projectId: string): Promise<RunWaits> {
    return this.run(() => this.connection.json('GET', projectPath(projectId, 'waits'), answers.runWaits));
  }

  /**
   * Changes a project by hand, everything or nothing; a run makes again what depends on the change. Without `version`,
   * any version is changed. Throws `Project.NotFound`, `Project.Invalid`, `Project.Conflict` and `Lane.Busy`.
   */
  edit(projectId: string, changes: ProjectChanges, options: EditOptions = {}): Promise<EditedProject> {
    return this.run(() => {
      const { version, by } = options;
      const headers = { 'if-match': version === undefined ? '*' : `"v${version}"` };
      const ask = { body: { ...changes, by }, headers };
      return this.connection.json('PATCH', projectPath(projectId), answers.editedProject, ask);
    });
  }

  /** All that a person may edit, with the version that `edit` compares. Throws `Project.NotFound`. */
  editable(projectId: string): Promise<EditableProject> {
    return this.run(() => this.connection.json('GET', projectPath(projectId, 'editable'), answers.editable));
  }

  /** The texts that people have replaced, oldest first. */
  textEdits(projectId: string): Promise<TextEditView[]> {
    return this.run(async () => {
      const { edits } = await this.connection.json('GET', projectPath(projectId, 'text-edits'), answers.textEdits);
      return [...edits];
    });
  }

  /** What a run would make, why, and at what cost; with `changes`, as if they were stored. Nothing is started or paid. */
  explain(projectId: string, options: ExplainEditOptions = {}): Promise<ProjectExplanation> {
    return this.run(() => this.post(projectId, 'explain', answers.explanation, { body: options }));
  }

  /** The first page of the projects, newest first; 20 by default. */
  async list(filter: ListFilter = {}): Promise<readonly ProjectSummary[]> {
    return (await this.page(filter)).projects;
  }

  /** The same list, with the position of the next page for `after`. */
  page(filter: ListFilter = {}): Promise<ProjectPage> {
    return this.run(() => {
      const { text, ...query } = filter;
      return this.connection.json('GET', '/v1/projects', answers.projectPage, { query: { ...query, q: text } });
    });
  }

  /**
   * A snapshot, then every event after it, none lost and none repeated. It connects again by itself, and ends after the
   * run's last event, or if the signal aborts or the client closes. Throws what another attempt cannot mend, such as
   * `Project.NotFound`.
   */
  watch(projectId: string, options: HttpWatchOptions = {}): AsyncGenerator<StoryEvent, void, undefined> {
    const begin = (left: AbortSignal) => {
      const { from, signal } = options;
      return { path: projectPath(projectId, 'events'), from, leaving: this.leaving(signal, left) };
    };
    return leavable((left) => watchStory(this.connection, () => begin(left)), httpFailure);
  }

  /**
   * Starts nothing new in the open run; with `now`, also stops running lanes in mid-sentence. This and the messages
   * below throw `Project.NotRunning`, `Message.Stale` and `Worker.Absent`; those with a lane or a stage throw
   * `Stage.Unknown`.
   */
  pause(projectId: string, options: { readonly now?: boolean } = {}): Promise<MessageAnswer> {
    return this.run(() => this.post(projectId, 'pause', answers.messageAnswer, { body: options }));
  }

  /** Lets a paused run continue. */
  resume(projectId: string): Promise<MessageAnswer> {
    return this.run(() => this.post(projectId, 'resume', answers.messageAnswer, { body: {} }));
  }

  /** Tries lanes that wait for a person again: one (`image_generation/3`) or all of a stage. Returns those lanes. */
  retry(projectId: string, lane: string): Promise<readonly LaneId[]> {
    return this.lanes(projectId, 'retry', () => ({ lane }));
  }

  /** The run continues without a lane, or without all lanes of a stage that are not committed. Returns those lanes. */
  skip(projectId: string, lane: string): Promise<readonly LaneId[]> {
    return this.lanes(projectId, 'skip', () => ({ lane }));
  }

  /** Stops a lane and keeps its text. The lane then waits for `retry` or `skip`. Returns the lanes. */
  cancelLane(projectId: string, lane: string): Promise<readonly LaneId[]> {
    return this.lanes(projectId, 'cancel-lane', () => ({ lane }));
  }

  /**
   * Lets a run that waits after this stage continue. Throws `Project.Conflict` if `version` is given and is not the
   * present one.
   */
  approve(projectId: string, gate: StageName, approval: { readonly version?: number } = {}): Promise<MessageAnswer> {
    return this.run(() => this.post(projectId, 'approve', answers.messageAnswer, { body: { gate, ...approval } }));
  }

  /**
   * Makes a stage that waits for approval again, or one lane of it. The model is given the reason. Returns the lanes.
   * Throws `Project.Conflict` if `version` is given and is not the present one.
   */
  reject(
    projectId: string,
    gate: StageName,
    rejection: { readonly reason: string; readonly lane?: string; readonly version?: number },
  ): Promise<readonly LaneId[]> {
    return this.lanes(projectId, 'reject', () => ({ gate, ...rejection }));
  }

  /** Asks the run to end. It resolves when Temporal knows the request. Throws `Project.NotFound`. */
  cancel(projectId: string): Promise<CancelResult> {
    return this.run(() => this.post(projectId, 'cancel', answers.cancelResult, { body: {} }));
  }

  /**
   * Removes a project. Throws `Project.NotFound`, `Project.AlreadyRunning` while a run is open, and `Project.Conflict`
   * if `version` is given and is not the present one.
   */
  delete(projectId: string, options: DeleteOptions = {}): Promise<void> {
    return this.run(async () => {
      const { purgeHistory, version } = options;
      const query = { purge_history: purgeHistory };
      const headers = version === undefined ? {} : { 'if-match': `"v${version}"` };
      await this.connection.done('DELETE', projectPath(projectId), { query, headers });
    });
  }

  /** Sets what all runs of the project together may cost; without an amount there is no limit. */
  setBudget(projectId: string, amount?: number): Promise<void> {
    return this.run(async () => {
      await this.connection.done('PUT', projectPath(projectId, 'budget'), { body: { amount: amount ?? null } });
    });
  }

  /**
   * Runs many projects in their order, with a limit on how many run at the same time. A call with the same `batchId`
   * continues that batch.
   */
  batch(projects: readonly BatchInputProject[], options: BatchOptions = {}): Promise<StartedBatch> {
    return this.run(() =>
      this.connection.json('POST', '/v1/batches', answers.startedBatch, { body: { projects, ...options } }),
    );
  }

  /** The status of a batch and of each of its projects. Throws `Batch.NotFound`. */
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

  /** Asks a batch and every run of it to end. Resolves with false if it was not running. Throws `Batch.NotFound`. */
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

  /**
   * The address of a picture, a clip or the film, by the SHA-256 of its content. The gateway answers `Range` requests
   * there. Throws `Project.NotFound` for no UUID, and `Request.Invalid` for no hash.
   */
  mediaUrl(projectId: string, sha256: string): string {
    return this.connection.address(mediaPath(projectId, sha256));
  }

  /** The scenes of the film and their times, as WebVTT. */
  chapters(projectId: string): Promise<string> {
    return this.textAt(projectId, 'chapters.vtt', 'text/vtt');
  }

  /** A lane's text as it is now; by default the story. */
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

  private post<T>(id: string, what: string, read: Reader<T>, ask: Ask): Promise<T> {
    return this.connection.json('POST', projectPath(id, what), read, ask);
  }

  private lanes(projectId: string, what: string, body: () => object): Promise<readonly LaneId[]> {
    return this.run(async () => (await this.post(projectId, what, answers.laneList, { body: body() })).lanes);
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
