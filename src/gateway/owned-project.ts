import type {
  CancelResult,
  Caption,
  DeleteOptions,
  EditableProject,
  EditedProject,
  EditOptions,
  EventFilter,
  EventPage,
  ExplainEditOptions,
  PaidCall,
  ProjectChanges,
  ProjectExplanation,
  ProjectMedia,
  ProjectView,
  RunWaits,
  StartedRun,
  StartOptions,
  StoryClient,
  TextEditView,
  ViewTokenView,
  WatchOptions,
} from '../client';
import type { LaneId, MessageAnswer, ProjectId, SnapshotEvent, StageName, StoryEvent } from '../protocol';
import { forgetOwner } from './project-owner';

/** The actions of a caller on a project that is known to belong to the caller; each is the method of `StoryClient`. */
export class OwnedProject {
  constructor(
    private readonly stories: StoryClient,
    readonly id: ProjectId,
    private readonly isOperator: boolean,
  ) {}

  status = async (): Promise<ProjectView> => this.shown(await this.stories.status(this.id));
  calls = (): Promise<PaidCall[]> => this.stories.overview.calls(this.id);
  waits = (): Promise<RunWaits> => this.stories.waits(this.id);
  edit = (changes: ProjectChanges, options: EditOptions): Promise<EditedProject> =>
    this.stories.edit(this.id, changes, options);
  editable = (): Promise<EditableProject> => this.stories.editable(this.id);
  textEdits = (): Promise<TextEditView[]> => this.stories.textEdits(this.id);
  explain = (options: ExplainEditOptions): Promise<ProjectExplanation> => this.stories.explain(this.id, options);
  start = (options: StartOptions): Promise<StartedRun> => this.stories.start(this.id, options);
  pause = (options: { readonly now?: boolean }): Promise<MessageAnswer> => this.stories.pause(this.id, options);
  resume = (): Promise<MessageAnswer> => this.stories.resume(this.id);
  retry = (lane: LaneId): Promise<readonly LaneId[]> => this.stories.retry(this.id, lane);
  skip = (lane: LaneId): Promise<readonly LaneId[]> => this.stories.skip(this.id, lane);
  cancelLane = (lane: LaneId): Promise<readonly LaneId[]> => this.stories.cancelLane(this.id, lane);
  approve = (gate: StageName, approval: { readonly version?: number }): Promise<MessageAnswer> =>
    this.stories.approve(this.id, gate, approval);
  reject = (
    gate: StageName,
    rejection: { readonly reason: string; readonly lane?: string; readonly version?: number },
  ): Promise<readonly LaneId[]> => this.stories.reject(this.id, gate, rejection);
  cancel = (): Promise<CancelResult> => this.stories.cancel(this.id);
  delete = (options: DeleteOptions): Promise<void> =>
    this.stories.delete(this.id, options).finally(() => forgetOwner(this.stories, this.id));
  setBudget = (amount?: number): Promise<void> => this.stories.setBudget(this.id, amount);
  media = (sha256: string): Promise<ProjectMedia | undefined> => this.stories.media(this.id, sha256);
  captions = (): Promise<Caption[]> => this.stories.captions(this.id);
  createToken = (token: { readonly name?: string; readonly seconds: number }): Promise<ViewTokenView> =>
    this.stories.tokens.create(this.id, token);
  tokens = (): Promise<ViewTokenView[]> => this.stories.tokens.list(this.id);
  revokeToken = (token: string): Promise<boolean> => this.stories.tokens.revoke(this.id, token);
  revokeTokens = (): Promise<void> => this.stories.tokens.revokeAll(this.id);
  watch = (options: WatchOptions): AsyncGenerator<StoryEvent, void, undefined> => this.stories.watch(this.id, options);

  events = (filter: EventFilter): Promise<EventPage> => this.stories.events.page(this.id, filter);

  /** The address of Temporal's UI is for the operator only. */
  shown({ temporalUrl, ...view }: ProjectView): ProjectView {
    return { ...view, ...(this.isOperator && temporalUrl !== undefined && { temporalUrl }) };
  }

  /** All that there is at this moment. */
  async snapshot(): Promise<SnapshotEvent> {
    return firstSnapshot(this.stories, this.id);
  }
}

/** Viewers who ask at the same moment share what it takes. Throws `Project.NotFound`. */
export async function firstSnapshot(stories: StoryClient, id: ProjectId): Promise<SnapshotEvent> {
  const watch = stories.watch(id);
  try {
    const { value } = await watch.next();
    if (value?.type !== 'snapshot') throw new Error('a watch begins with a snapshot');
    return value;
  } finally {
    await watch.return();
  }
}
