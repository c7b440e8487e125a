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
  type StageName,
  type StoryStatusView,
} from '../protocol';
import { followOutcomes, leavable } from '../protocol/viewer';
import { ApiKeys } from './access/api-keys';
import type { Audit } from './access/audit';
import { Batches, type BatchInputProject, type BatchOptions, type BatchView, type StartedBatch } from './batch/batches';
import { ClientCalls } from './client-calls';
import { onlyOurs, storyreelError } from './client-errors';
import { readConnectOptions, type ConnectOptions } from './connect-options';
import {
  editProject,
  loadEditable,
  loadTextEdits,
  type EditableProject,
  type EditedProject,
  type EditOptions,
  type EditSource,
  type TextEditView,
} from './edit';
import { readInput, type ProjectChanges } from './inputs';
import { openServices, type OpenedServices } from './open-services';
import type { Outcome, OutcomeFilter, OutcomeOptions } from './outcomes';
import { Overview } from './overview';
import { createProject, type CreateOptions } from './projects/create-project';
import { deleteProject, type DeleteOptions } from './projects/delete-project';
import { explainEdited, type ExplainEditOptions, type ProjectExplanation } from './projects/explain-project';
import { listProjects, type ListFilter, type ProjectPage, type ProjectSummary } from './projects/list-projects';
import { ownerOf } from './projects/known-project';
import type { NewProject } from './projects/new-project';
import { captionsOf, findMedia, type Caption, type ProjectMedia } from './projects/project-files';
import { loadProjectView, type ProjectView } from './projects/project-view';
import { reached, type ServiceReach } from './reach';
import { storeBudget } from './runs/budget';
import { cancelRun, type CancelResult } from './runs/cancel-run';
import { isRunning, runStatus, signalEdited, type StartedRun } from './runs/live-workflow';
import { runReconcile } from './runs/run-reconcile';
import { runWaits, type RunWaits } from './runs/run-waits';
import { startRun, type StartOptions } from './runs/start-run';
import { Sessions } from './access/sessions';
import { ViewTokens } from './access/view-tokens';
import { EventPages } from './watch/event-pages';
import { watchBatch } from './watch/watch-batch';
import { ProjectWatch, refused, type StoryWatch, type WatchOptions } from './watch/watch-project';
import { watchSource, type WatchSource } from './watch/watch-source';

/**
 * The API by which a backend creates, follows and steers films. Use one per process: it holds connections to Temporal,
 * Postgres and Redis. Every error is a `StoryreelError`; its `type` is a name of docs/errors.md. Beside the types that
 * a method names, each method can throw `Client.Closed`, and `Service.Unreachable` if Temporal or Postgres is away.
 */
export class StoryClient {
  /** Lists and figures over all projects. */
  readonly overview: Overview;
  /** API keys of the HTTP gateway. */
  readonly keys: ApiKeys;
  /** Sessions of browsers at the HTTP gateway. */
  readonly sessions: Sessions;
  /** Who has changed what. */
  readonly audit: Audit;
  /** Tokens that show one project. */
  readonly tokens: ViewTokens;
  /** The event log of a project, a page at a time. */
  readonly events: EventPages;
  private readonly source: EditSource;
  private readonly watched: WatchSource;
  private readonly batches: Batches;
  private readonly calls: ClientCalls;
  private readonly run: ClientCalls['run'];

  private constructor(
    private readonly config: Config,
    private readonly services: OpenedServices,
    { metrics, stages, by }: ConnectOptions,
  ) {
    const { dataSource, redis, temporal } = services;
    const { log } = redis;
    this.source = { dataSource, log, config, ...(stages && { stages: new StageRegistry(stages) }) };
    this.calls = new ClientCalls(this.source, services, by);
    const { audit, ending, run } = this.calls;
    this.run = run;
    this.audit = audit;
    this.watched = watchSource(this.source, run, ending, metrics);
    this.events = new EventPages(this.watched, run);
    this.keys = new ApiKeys(dataSource, run, audit);
    this.sessions = new Sessions(dataSource, run, audit);
    this.tokens = new ViewTokens(dataSource, run, audit);
    this.overview = new Overview(this.source, run);
    this.batches = new Batches(this.source, temporal.client, config.TEMPORAL_TASK_QUEUE);
  }

  /**
   * Opens the connections. The settings are an object with the names of docs/configuration.md; only `readConfig` reads
   * the environment. Redis may be away: a watch then waits for it. Throws `Config.Invalid`.
   */
  static async connect(settings: Config | Settings, options: ConnectOptions = {}): Promise<StoryClient> {
    return onlyOurs(async () => {
      const [config, given] = [configOf(settings), readConnectOptions(options)];
      return new StoryClient(config, await openServices(config, given), given);
    });
  }

  /**
   * Stores a new project; nothing runs yet. A repeated call with the same `requestId` returns the same id. Throws
   * `Project.Invalid`, and `Request.Repeated` if the `requestId` was used for another input.
   */
  create(input: NewProject, options: CreateOptions = {}): Promise<ProjectId> {
    return this.run(() => this.audit.act('create', {}, () => createProject(this.services.dataSource, input, options)));
  }

  /** Which services answer now. */
  reach(): Promise<ServiceReach> {
    return this.run(() => reached(this.services));
  }

  /** The owner of the project; undefined if it has none. Throws `Project.NotFound`. */
  owner(projectId: ProjectId): Promise<string | undefined> {
    return this.run(() => ownerOf(this.services.dataSource, readInput('the project id', projectId)));
  }

  /**
   * A picture, clip or film of the project, by the SHA-256 of its content in hexadecimal. Undefined if the project has
   * no such file. Throws `Project.NotFound` only if the id is no UUID.
   */
  media(projectId: ProjectId, sha256: string): Promise<ProjectMedia | undefined> {
    return this.run(() =>
      findMedia(this.services.dataSource, readInput('the project id', projectId), readInput('the name', sha256)),
    );
  }

  /** The narration of the film's scenes in their order, with their lengths in seconds; empty if there are no scenes. */
  captions(projectId: ProjectId): Promise<Caption[]> {
    return this.run(() => captionsOf(this.services.dataSource, readInput('the project id', projectId)));
  }

  /**
   * Starts a run of the project. Results whose inputs have not changed are used again. Throws `Project.NotFound`,
   * `Stage.Unknown`, and `Project.Invalid` if the chosen stages or scenes cannot run. Throws `Project.AlreadyRunning`
   * unless `join` is set or the open run has the same `requestId`. Throws `Project.WouldReplaceEdits` unless
   * `replaceEdits` is set, and `Request.Repeated` if the `requestId` was used with other options.
   */
  start(projectId: ProjectId, options: StartOptions = {}): Promise<StartedRun> {
    return this.calls.act('start', projectId, (known) => {
      const ports = { temporal: this.services.temporal.client, source: this.source };
      return startRun(ports, known, readInput('the start', options));
    });
  }

  /** The status of the project, its stages and its lanes, as Postgres has it. Throws `Project.NotFound`. */
  status(projectId: ProjectId): Promise<ProjectView> {
    const { services, config } = this;
    return this.run(() => loadProjectView(services.dataSource, readInput('the project id', projectId), config));
  }

  /** The status that the open run reports; undefined if none is open. Throws `Worker.Absent` if no worker answers. */
  runStatus(projectId: ProjectId): Promise<StoryStatusView | undefined> {
    return this.run(() => runStatus(this.services.temporal.client, readInput('the project id', projectId)));
  }

  /** What the open run waits for, other than people and providers: workers and retries. Without a run, nothing. */
  waits(projectId: ProjectId): Promise<RunWaits> {
    return this.run(() => runWaits(this.services.temporal.client, readInput('the project id', projectId)));
  }

  /**
   * Changes a project by hand, everything or nothing. The open run makes again what depends on the change, and so does
   * a later run. An edit that changes nothing makes no new version. Throws `Project.NotFound` and `Project.Invalid`.
   * Throws `Project.Conflict` if `version` is not the present one, and `Lane.Busy` if an attempt is writing the text.
   */
  edit(projectId: ProjectId, changes: ProjectChanges, options: EditOptions = {}): Promise<EditedProject> {
    return this.run(() => {
      const given = readInput('the edit', options);
      const edit = (id: ProjectId) => {
        const { client } = this.services.temporal;
        const isLive = () => isRunning(client, workflowIdOf(id));
        return editProject(this.source, { ...given, projectId: id, changes, isLive }, () => signalEdited(client, id));
      };
      return this.calls.act('edit', projectId, edit, { by: given.by });
    });
  }

  /** All that a person may edit, with the version that `edit` compares. Throws `Project.NotFound`. */
  editable(projectId: ProjectId): Promise<EditableProject> {
    return this.run(() => loadEditable(this.source, readInput('the project id', projectId)));
  }

  /** The texts that people have replaced, oldest first. */
  textEdits(projectId: ProjectId): Promise<TextEditView[]> {
    return this.run(() => loadTextEdits(this.services.dataSource, readInput('the project id', projectId)));
  }

  /**
   * What a run would make, why, and at what cost, in the currency of the prices. Nothing is started, stored or paid.
   * With `changes`, it answers as if that edit were stored. Throws `Project.NotFound`, `Project.Invalid` and
   * `Stage.Unknown`; with `changes` also what `edit` throws.
   */
  explain(projectId: ProjectId, options: ExplainEditOptions = {}): Promise<ProjectExplanation> {
    return this.run(() => {
      const [id, given] = [readInput('the project id', projectId), readInput('what to explain', options)];
      return explainEdited(this.source, () => isRunning(this.services.temporal.client, workflowIdOf(id)), id, given);
    });
  }

  /** The first page of the projects, newest first; 20 by default. Throws `Project.Invalid` for a wrong filter. */
  async list(filter: ListFilter = {}): Promise<readonly ProjectSummary[]> {
    return (await this.page(filter)).projects;
  }

  /** The same list, with the position of the next page for `after`. */
  page(filter: ListFilter = {}): Promise<ProjectPage> {
    return this.run(() => listProjects(this.services.dataSource, filter));
  }

  /**
   * A snapshot, then every event after it, none lost and none repeated. With `from` it continues after that event. It
   * ends after the run's last event. Each `done` states whether the shown text is the stored one. While Redis is away,
   * the watch waits. If the signal aborts or the client closes, it ends without an error. The first `next` throws
   * `Project.NotFound`. A program that follows many stories takes less time with `forEach` than with `for await`.
   */
  watch(projectId: ProjectId, options: WatchOptions = {}): StoryWatch {
    try {
      return new ProjectWatch(this.watched, readInput('the project id', projectId), readInput('the watch', options));
    } catch (error) {
      return refused(error);
    }
  }

  /**
   * Starts nothing new in the open run; with `now`, also stops running lanes in mid-sentence, and `resume` continues
   * them from there. This and the messages below throw `Project.NotFound`, and `Project.NotRunning` if no run is open.
   * They throw `Message.Stale` if the message can change nothing now, and `Worker.Absent` if no worker answers within
   * 10 seconds. Messages with a lane or a stage also throw `Stage.Unknown`.
   */
  pause(projectId: ProjectId, options: { readonly now?: boolean } = {}): Promise<MessageAnswer> {
    return this.calls.steer(projectId, 'pause', () => readInput('the pause', options));
  }

  /** Lets a paused run continue. */
  resume(projectId: ProjectId): Promise<MessageAnswer> {
    return this.calls.steer(projectId, 'resume', () => ({}));
  }

  /** Tries lanes that wait for a person again: one (`image_generation/3`) or all of a stage. Returns those lanes. */
  async retry(projectId: ProjectId, lane: string): Promise<readonly LaneId[]> {
    return (await this.calls.steer(projectId, 'retry', () => ({ lane: readInput('the lane', lane) }))).lanes;
  }

  /** The run continues without a lane, or without all lanes of a stage that are not committed. Returns those lanes. */
  async skip(projectId: ProjectId, lane: string): Promise<readonly LaneId[]> {
    return (await this.calls.steer(projectId, 'skip', () => ({ lane: readInput('the lane', lane) }))).lanes;
  }

  /** Stops a lane and keeps its text. The lane then waits for `retry` or `skip`. Returns the lanes. */
  async cancelLane(projectId: ProjectId, lane: string): Promise<readonly LaneId[]> {
    return (await this.calls.steer(projectId, 'cancelLane', () => ({ lane: readInput('the lane', lane) }))).lanes;
  }

  /**
   * Lets a run that waits after this stage continue. Throws `Project.Conflict` if `version` is given and is not the
   * present one: somebody has edited the project since.
   */
  approve(projectId: ProjectId, gate: StageName, approval: { readonly version?: number } = {}): Promise<MessageAnswer> {
    const request = () => ({ gate: readInput('the stage', gate) });
    return this.calls.steer(projectId, 'approve', request, () => readInput('the approval', approval).version);
  }

  /**
   * Makes a stage that waits for approval again, or one lane of it. The model is given the reason. Returns the lanes.
   * Throws `Project.Conflict` if `version` is given and is not the present one. A text that somebody writes meanwhile
   * is not made again: it stays, and waits for approval.
   */
  async reject(
    projectId: ProjectId,
    gate: StageName,
    rejection: { readonly reason: string; readonly lane?: string; readonly version?: number },
  ): Promise<readonly LaneId[]> {
    const request = () => ({ gate: readInput('the stage', gate), ...readInput('the rejection', rejection) });
    return (await this.calls.steer(projectId, 'reject', request)).lanes;
  }

  /**
   * Asks the run to end. It resolves when Temporal knows the request. Workers close their providers' connections at the
   * same moment or, if Redis is away, within a second. Throws `Project.NotFound`.
   */
  cancel(projectId: ProjectId): Promise<CancelResult> {
    const { temporal, redis, dataSource } = this.services;
    const ports = { temporal: temporal.client, control: redis.control, dataSource };
    return this.calls.act('cancel', projectId, (id) => cancelRun(ports, id), { evenUnrecorded: true });
  }

  /**
   * Removes a project: its events and texts in Redis, then every row but those of the audit. The reconciler later
   * removes media that nothing else refers to. Throws `Project.NotFound`, `Project.AlreadyRunning` while a run is open,
   * and `Service.Unreachable` if Redis cannot be reached. Then nothing is removed, or only the events, and the call may
   * be repeated. Throws `Project.Conflict` if `version` is given and is not the present one. Temporal keeps the histories until their retention ends. With `purgeHistory` they are removed as well,
   * also those of a project that was deleted before.
   */
  delete(projectId: ProjectId, options: DeleteOptions = {}): Promise<void> {
    return this.calls.act('delete', projectId, async (id) => {
      const { temporal, dataSource, redis } = this.services;
      await deleteProject(
        { temporal: temporal.client, dataSource, log: redis.log },
        id,
        readInput('the deletion', options),
      );
    });
  }

  /**
   * Has a worker repair rows without a run, and remove media without a row, and reports what was found. It may take
   * minutes. Throws `Service.Unreachable` if no worker has done it within 30 minutes.
   */
  reconcile(input: ReconcileInput = {}): Promise<ReconcileReport> {
    return this.run(() =>
      runReconcile(this.services.temporal.client, this.config.TEMPORAL_TASK_QUEUE, readInput('the reconciler', input)),
    );
  }

  /**
   * Sets what all runs of the project together may cost; without an amount there is no limit. A lane that waits for
   * room in the budget continues after `retry`. Throws `Project.NotFound` and `Project.Invalid`.
   */
  setBudget(projectId: ProjectId, amount?: number): Promise<void> {
    return this.calls.act('setBudget', projectId, async (id) => {
      if (!(await storeBudget(this.services.dataSource, id, readInput('the budget', amount))))
        throw projectNotFound(id);
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
    return this.run(() => this.batches.status(readInput('the batch id', batchId)));
  }

  /** The status of a batch, now and at each change, until none of its projects runs. Throws `Batch.NotFound`. */
  watchBatch(batchId: string, options: { readonly signal?: AbortSignal } = {}): AsyncGenerator<BatchView, void> {
    const begin = () => {
      this.calls.mustBeOpen();
      const id = readInput('the batch id', batchId);
      return { ...readInput('the watch of the batch', options), status: () => this.run(() => this.batches.status(id)) };
    };
    return leavable((leaving) => watchBatch(begin, [leaving, this.calls.ending]), storyreelError);
  }

  /**
   * How each run has ended: those after the cursor, then each new one within about a second, until the signal aborts or
   * the client closes. Store the cursor of what you have handled: after a crash, what followed comes again by the same
   * `id`. Throws `Project.Invalid`, and `Outcomes.Expired` if the cursor is older than what is kept.
   */
  outcomes(options: OutcomeOptions = {}): AsyncGenerator<Outcome, void, undefined> {
    const begin = () => {
      this.calls.mustBeOpen();
      return readInput('the reading of outcomes', options);
    };
    const page = (filter: OutcomeFilter) => this.overview.outcomes(filter);
    return leavable((leaving) => followOutcomes(page, begin, [leaving, this.calls.ending]), storyreelError);
  }

  /** Asks a batch and every run of it to end. Resolves with false if it was not running. Throws `Batch.NotFound`. */
  cancelBatch(batchId: string): Promise<boolean> {
    return this.run(() => {
      const subject = readInput('the batch id', batchId);
      return this.audit.act('cancelBatch', { subject }, () => this.batches.cancel(subject));
    });
  }

  /** Ends every watch and lets all connections go. A repeated call does nothing. */
  close(): Promise<void> {
    return this.calls.close();
  }
}
