import { configOf, type Config, type Settings } from '../config';
import { StageRegistry } from '../planning';
import {
  projectNotFound,
  workflowIdOf,
  type LaneId,
  type MessageAnswer,
  type ProjectId,
  type ReconcileInput,
  type ReconcileReport,
  type StoryEvent,
  type StoryMessage,
  type StoryMessages,
  type StageName,
  type StoryStatusView,
} from '../protocol';
import { followOutcomes, leavable } from '../protocol/viewer';
import { ApiKeys } from './api-keys';
import { Audit } from './audit';
import { Overview } from './overview';
import { reached, type ServiceReach } from './reach';
import { Sessions } from './sessions';
import { ViewTokens } from './view-tokens';
import { storeBudget } from './runs/budget';
import { cancelRun, type CancelResult } from './runs/cancel-run';
import {
  editProject,
  loadEditable,
  loadTextEdits,
  type EditableProject,
  type EditedProject,
  type EditOptions,
  type EditSource,
  type ProjectChanges,
  type TextEditView,
} from './edit';
import { deleteProject, type DeleteOptions } from './projects/delete-project';
import { explainEdited, type ExplainEditOptions, type ProjectExplanation } from './projects/explain-project';
import { Batches, type BatchInputProject, type BatchOptions, type BatchView, type StartedBatch } from './batch/batches';
import type { Outcome, OutcomeFilter, OutcomeOptions } from './outcomes';
import { readConnectOptions, type ConnectOptions } from './connect-options';
import { closeServices, openServices, type OpenedServices } from './open-services';
import { closedError, onlyOurs, storyreelError } from './client-errors';
import { loadProjectView } from './projects/load-project-view';
import type { ProjectView } from './projects/project-view';
import { read } from './projects/inputs';
import { isRunning, runStatus, signalEdited, type StartedRun } from './runs/live-workflow';
import { watchBatch } from './watch/watch-batch';
import { runReconcile } from './runs/run-reconcile';
import { knownProject } from './projects/known-project';
import { createProject, type CreateOptions } from './projects/create-project';
import { listProjects, type ListFilter, type ProjectPage, type ProjectSummary } from './projects/list-projects';
import type { NewProject } from './projects/new-project';
import { captionsOf, findMedia, type Caption, type ProjectMedia } from './projects/project-files';
import { runWaits, type RunWaits } from './runs/run-waits';
import { startRun, type StartOptions } from './runs/start-run';
import { aboutMessage, steerProject } from './runs/steer-project';
import { EventPages } from './watch/event-pages';
import { ProjectWatch, refused, type WatchOptions } from './watch/watch-project';
import { watchSource, type WatchSource } from './watch/watch-source';

/**
 * The API by which a backend creates, follows and steers films. Use one per process: it holds connections to Temporal,
 * Postgres and Redis. Errors are `StoryreelError`s, by type.
 */
export class StoryClient {
  private readonly watched: WatchSource;
  private readonly closing = new AbortController();
  private readonly source: EditSource;
  private readonly batches: Batches;
  readonly overview: Overview;
  readonly keys: ApiKeys;
  readonly sessions: Sessions;
  readonly audit: Audit;
  readonly tokens: ViewTokens;
  readonly events: EventPages;
  private closed: Promise<void> | undefined;

  private constructor(
    private readonly config: Config,
    private readonly services: OpenedServices,
    { metrics, stages, by }: ConnectOptions,
  ) {
    const { dataSource, redis, temporal } = services;
    const { log } = redis;
    this.source = { dataSource, log, config, ...(stages && { stages: new StageRegistry(stages) }) };
    const run = <T>(work: () => Promise<T>) => this.run(work);
    this.watched = watchSource(dataSource, log, run, this.closing.signal, metrics);
    this.audit = new Audit(dataSource, run, by);
    this.events = new EventPages(this.watched, run);
    this.keys = new ApiKeys(dataSource, run, this.audit);
    this.sessions = new Sessions(dataSource, run, this.audit);
    this.tokens = new ViewTokens(dataSource, run, this.audit);
    this.overview = new Overview(this.source, run);
    this.batches = new Batches(this.source, temporal.client, config.TEMPORAL_TASK_QUEUE);
  }

  /**
   * Settings are an object: without `readConfig`, nothing is read from the environment. Throws `Config.Invalid`, and
   * `Service.Unreachable` if Temporal or Postgres cannot be reached. Redis may be away: a watch then waits for it.
   */
  static async connect(settings: Config | Settings, options: ConnectOptions = {}): Promise<StoryClient> {
    return onlyOurs(async () => {
      const [config, given] = [configOf(settings), readConnectOptions(options)];
      return new StoryClient(config, await openServices(config, given), given);
    });
  }

  /** Stores a new project; nothing runs yet. See `createProject`. */
  create(input: NewProject, options: CreateOptions = {}): Promise<ProjectId> {
    return this.run(() => this.audit.act('create', {}, () => createProject(this.services.dataSource, input, options)));
  }

  /** Which services answer now. */
  reach(): Promise<ServiceReach> {
    return this.run(() => reached(this.services));
  }

  /** The owner of the project; undefined if it has none. Throws `Project.NotFound`. */
  owner(projectId: ProjectId): Promise<string | undefined> {
    return this.run(async () => (await this.project(read('the project id', projectId))).owner ?? undefined);
  }

  /** A picture, clip or film of the project, by the hash of its content. */
  media(projectId: ProjectId, sha256: string): Promise<ProjectMedia | undefined> {
    return this.run(() =>
      findMedia(this.services.dataSource, read('the project id', projectId), read('the name', sha256)),
    );
  }

  /** The film's narration; see `captionsOf`. */
  captions(projectId: ProjectId): Promise<Caption[]> {
    return this.run(() => captionsOf(this.services.dataSource, read('the project id', projectId)));
  }

  /** Starts a run of the project; see `startRun`. */
  start(projectId: ProjectId, options: StartOptions = {}): Promise<StartedRun> {
    return this.act('start', projectId, (known) => {
      const { source, project } = this;
      const ports = { temporal: this.services.temporal.client, source, project };
      return startRun(ports, known, read('the start', options));
    });
  }

  /** The status of the project. Throws `Project.NotFound`. */
  status(projectId: ProjectId): Promise<ProjectView> {
    const { services, config } = this;
    return this.run(() => loadProjectView(services.dataSource, read('the project id', projectId), config));
  }

  /** The status that the live workflow reports; undefined if none runs. Throws `Worker.Absent` if no worker answers. */
  runStatus(projectId: ProjectId): Promise<StoryStatusView | undefined> {
    return this.run(() => runStatus(this.services.temporal.client, read('the project id', projectId)));
  }

  /** What the open run waits for; see `runWaits`. */
  waits(projectId: ProjectId): Promise<RunWaits> {
    return this.run(() => runWaits(this.services.temporal.client, read('the project id', projectId)));
  }

  /** Changes a project by hand; see `editProject`. */
  edit(projectId: ProjectId, changes: ProjectChanges, options: EditOptions = {}): Promise<EditedProject> {
    return this.run(() => {
      const given = read('the edit', options);
      const edit = (id: ProjectId) => {
        const isLive = () => isRunning(this.services.temporal.client, workflowIdOf(id));
        const run = { isLive, signal: () => signalEdited(this.services.temporal.client, id) };
        return editProject(this.source, run, id, changes, given);
      };
      return this.act('edit', projectId, edit, { by: given.by });
    });
  }

  /** All that a person may edit of a project. Throws `Project.NotFound`. */
  editable(projectId: ProjectId): Promise<EditableProject> {
    return this.run(() => loadEditable(this.source, read('the project id', projectId)));
  }

  /** The texts that people have replaced, oldest first. */
  textEdits(projectId: ProjectId): Promise<TextEditView[]> {
    return this.run(() => loadTextEdits(this.services.dataSource, read('the project id', projectId)));
  }

  /** What a run would make, why, and at what cost; with `changes`, as if they were stored. See `explainProject`. */
  explain(projectId: ProjectId, options: ExplainEditOptions = {}): Promise<ProjectExplanation> {
    return this.run(() => {
      const [id, given] = [read('the project id', projectId), read('what to explain', options)];
      return explainEdited(this.source, () => isRunning(this.services.temporal.client, workflowIdOf(id)), id, given);
    });
  }

  /** Newest first. */
  async list(filter: ListFilter = {}): Promise<readonly ProjectSummary[]> {
    return (await this.page(filter)).projects;
  }

  /** The same list, with the position of the next page. */
  page(filter: ListFilter = {}): Promise<ProjectPage> {
    return this.run(() => listProjects(this.services.dataSource, filter));
  }

  /**
   * A snapshot, then every event after it; see `ProjectWatch`. Throws `Project.NotFound` with its first answer. If the
   * client is closed, the watch ends at once.
   */
  watch(projectId: ProjectId, options: WatchOptions = {}): AsyncGenerator<StoryEvent, void, undefined> {
    try {
      return new ProjectWatch(this.watched, read('the project id', projectId), read('the watch', options));
    } catch (error) {
      return refused(error);
    }
  }

  /**
   * Starts nothing new in the live run; with `now`, also stops running lanes in mid-sentence, and `resume` continues
   * them from there. This and the messages below throw what `steerProject` throws.
   */
  pause(projectId: ProjectId, options: { readonly now?: boolean } = {}): Promise<MessageAnswer> {
    return this.steer(projectId, 'pause', () => read('the pause', options));
  }

  /** Lets a paused run continue. */
  resume(projectId: ProjectId): Promise<MessageAnswer> {
    return this.steer(projectId, 'resume', () => ({}));
  }

  /**
   * Lanes that wait for a person are tried again: one (`image_generation/3`) or all of a stage. Returns those lanes.
   */
  async retry(projectId: ProjectId, lane: string): Promise<readonly LaneId[]> {
    return (await this.steer(projectId, 'retry', () => ({ lane: read('the lane', lane) }))).lanes;
  }

  /** The run continues without a lane, or without all lanes of a stage that are not committed. Returns those lanes. */
  async skip(projectId: ProjectId, lane: string): Promise<readonly LaneId[]> {
    return (await this.steer(projectId, 'skip', () => ({ lane: read('the lane', lane) }))).lanes;
  }

  /** Stops a lane and keeps its text. The lane then waits for `retry` or `skip`. Returns the lanes. */
  async cancelLane(projectId: ProjectId, lane: string): Promise<readonly LaneId[]> {
    return (await this.steer(projectId, 'cancelLane', () => ({ lane: read('the lane', lane) }))).lanes;
  }

  /** A run that waits after this stage continues. */
  approve(projectId: ProjectId, gate: StageName): Promise<MessageAnswer> {
    return this.steer(projectId, 'approve', () => ({ gate: read('the stage', gate) }));
  }

  /**
   * A stage that waits for approval, or one lane of it, is produced again. The model is given the reason. Returns the
   * lanes.
   */
  async reject(
    projectId: ProjectId,
    gate: StageName,
    rejection: { readonly reason: string; readonly lane?: string },
  ): Promise<readonly LaneId[]> {
    const request = () => ({ gate: read('the stage', gate), ...read('the rejection', rejection) });
    return (await this.steer(projectId, 'reject', request)).lanes;
  }

  /**
   * Asks the run to end. It resolves when Temporal knows the request. Workers close their providers' connections at the
   * same moment or, if Redis is away, within a second. Throws `Project.NotFound`.
   */
  cancel(projectId: ProjectId): Promise<CancelResult> {
    const { project, services } = this;
    const ports = { temporal: services.temporal.client, control: services.redis.control, project };
    return this.act('cancel', projectId, (id) => cancelRun(ports, id), { evenUnrecorded: true });
  }

  /**
   * Removes a project: its events and texts in Redis, then every row but those of the audit. The reconciler later
   * removes media that nothing else refers to. Throws `Project.NotFound`, `Project.AlreadyRunning` while a run is open, and `Service.Unreachable`
   * if Redis cannot be reached. Then nothing is removed, or only the events, and the call may be repeated.
   * Temporal keeps the histories until their retention ends. With `purgeHistory` they are removed as well, also those
   * of a project that was deleted before.
   */
  delete(projectId: ProjectId, options: DeleteOptions = {}): Promise<void> {
    return this.act('delete', projectId, async (id) => {
      const { temporal, dataSource, redis } = this.services;
      await deleteProject({ temporal: temporal.client, dataSource, log: redis.log }, id, read('the deletion', options));
    });
  }

  /** Finds rows without a run and media without a row, repairs them, and reports what was found. */
  reconcile(input: ReconcileInput = {}): Promise<ReconcileReport> {
    return this.run(() =>
      runReconcile(this.services.temporal.client, this.config.TEMPORAL_TASK_QUEUE, read('the reconciler', input)),
    );
  }

  /**
   * Sets what all runs of the project together may cost; without an amount there is no limit. A lane that waits for
   * room in the budget continues after `retry`. Throws `Project.NotFound` and `Project.Invalid`.
   */
  setBudget(projectId: ProjectId, amount?: number): Promise<void> {
    return this.act('setBudget', projectId, async (id) => {
      if (!(await storeBudget(this.services.dataSource, id, read('the budget', amount)))) throw projectNotFound(id);
    });
  }

  /**
   * Runs many projects in their order, with a limit on how many run at the same time; a failure stops no other project.
   * New projects are stored first. A call with the same `batchId` continues that batch. Topics that it has are not
   * stored twice. Completed projects run again only if they lack a stage; failed and cancelled ones run again. Throws
   * `Project.Invalid`, `Stage.Unknown`, `Project.NotFound`, and `Batch.NotFound` if the batch would be empty. Throws
   * `Project.AlreadyRunning` if the batch runs with other stages, gates or `force`. Throws `Project.WouldReplaceEdits`
   * unless `replaceEdits` is set.
   */
  batch(projects: readonly BatchInputProject[], options: BatchOptions = {}): Promise<StartedBatch> {
    const start = () => this.batches.start(projects, options);
    return this.run(() => this.audit.act('batch', {}, start, ({ batchId }) => ({ subject: batchId })));
  }

  /** The status of a batch and of each of its projects. Throws `Batch.NotFound`. */
  batchStatus(batchId: string): Promise<BatchView> {
    return this.run(() => this.batches.status(read('the batch id', batchId)));
  }

  /** The status of a batch, now and at each change, until none of its projects runs. Throws `Batch.NotFound`. */
  watchBatch(batchId: string, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<BatchView, void> {
    const begin = () => {
      this.mustBeOpen();
      const id = read('the batch id', batchId);
      return { ...read('the watch of the batch', options), status: () => this.run(() => this.batches.status(id)) };
    };
    return leavable((leaving) => watchBatch(begin, [leaving, this.closing.signal]), storyreelError);
  }

  /**
   * How each run has ended, from the cursor on and then each new one, until the signal fires or the client closes.
   * See `followOutcomes`. Throws `Project.Invalid`, and `Outcomes.Expired` if the cursor is older than what is kept.
   */
  outcomes(options: OutcomeOptions = {}): AsyncGenerator<Outcome, void, undefined> {
    const begin = () => {
      this.mustBeOpen();
      return read('the reading of outcomes', options);
    };
    const page = (filter: OutcomeFilter) => this.overview.outcomes(filter);
    return leavable((leaving) => followOutcomes(page, begin, [leaving, this.closing.signal]), storyreelError);
  }

  /** Asks a batch and every run of it to end. Resolves with false if it was not running. Throws `Batch.NotFound`. */
  cancelBatch(batchId: string): Promise<boolean> {
    return this.run(() => {
      const subject = read('the batch id', batchId);
      return this.audit.act('cancelBatch', { subject }, () => this.batches.cancel(subject));
    });
  }

  /** Ends every watch and lets all connections go. Doing it again does nothing. */
  close(): Promise<void> {
    this.closing.abort();
    return (this.closed ??= onlyOurs(() => closeServices(this.services)));
  }

  /** Whatever goes wrong leaves as a `StoryreelError`. */
  private async run<T>(work: () => Promise<T>): Promise<T> {
    this.mustBeOpen();
    try {
      return await work();
    } catch (error) {
      const failure = storyreelError(error);
      throw this.closed && failure !== error ? closedError(error) : failure;
    }
  }

  private mustBeOpen(): void {
    if (this.closed) throw closedError();
  }

  private steer<M extends StoryMessage>(projectId: ProjectId, message: M, argument: () => StoryMessages[M]) {
    return this.run(() => {
      const given = argument();
      const { temporal, redis } = this.services;
      const ports = { source: this.source, temporal: temporal.client, control: redis.control };
      const send = (id: ProjectId) => steerProject(ports, this.project, id, message, given);
      return this.act(message, projectId, send, aboutMessage(message, given));
    });
  }

  /** An action on a project, which the audit records. */
  private act<T>(
    action: string,
    projectId: ProjectId,
    work: (id: ProjectId) => Promise<T>,
    more: Omit<Parameters<Audit['act']>[1], 'project'> = {},
  ): Promise<T> {
    return this.run(() => {
      const project = read('the project id', projectId);
      return this.audit.act(action, { project, ...more }, () => work(project));
    });
  }

  private readonly project = (id: ProjectId) => knownProject(this.services.dataSource, id);
}
