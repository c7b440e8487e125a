import { randomUUID } from 'node:crypto';
import type {
  BatchFilter,
  BatchInputProject,
  BatchOptions,
  BatchPage,
  BatchView,
  CreateOptions,
  EstimateInput,
  FilmEstimate,
  ListFilter,
  NewProject,
  OutcomeFilter,
  OutcomePage,
  ProjectPage,
  ProjectView,
  ProviderView,
  ReviewFilter,
  ReviewPage,
  StartedBatch,
  StoryClient,
} from '../client';
import {
  MAX_BATCH_ID_LENGTH,
  parseBatchId,
  defined,
  projectNotFound,
  StoryreelError,
  type BatchId,
  type ProjectId,
} from '../protocol';
import { batchName, batchNameOf, prefixOf } from './batch-names';
import { OwnedProject } from './owned-project';
import { ownerOf } from './project-owner';
import { Refusal } from './problem';

/**
 * The one boundary between callers and the stories. A caller with an owner sees and creates only this owner's projects;
 * other projects do not exist for that caller. A caller without an owner (the operator) sees everything. Routes never
 * use the client itself.
 */
export class OwnedStories {
  /** Leaves what the caller may see of a list. */
  private readonly byOwner: { readonly owner?: string };

  constructor(
    private readonly stories: StoryClient,
    private readonly owner: string | undefined,
    /** The one project that exists for this caller. */
    private readonly only?: ProjectId,
  ) {
    this.byOwner = defined({ owner });
  }

  /** Everything about one project. Throws `Project.NotFound` also of what is another's, in the same words. */
  async project(id: ProjectId): Promise<OwnedProject> {
    const owner = await ownerOf(this.stories, id);
    if (this.only !== undefined && id !== this.only) throw projectNotFound(id);
    if (this.owner !== undefined && owner !== this.owner) throw projectNotFound(id);
    return new OwnedProject(this.stories, id, this.owner === undefined && this.only === undefined);
  }

  /** The status of a project. It and the owner are asked for at once. Throws as `project` does. */
  async status(id: ProjectId): Promise<ProjectView> {
    const [project, view] = await Promise.all([this.project(id), this.stories.status(id)]);
    return project.shown(view);
  }

  create(input: NewProject, options: CreateOptions): Promise<ProjectId> {
    return this.stories.create(this.own(input), options);
  }

  async page(filter: ListFilter): Promise<ProjectPage> {
    const { batch, ...rest } = filter;
    const page = await this.stories.page({
      ...rest,
      ...this.byOwner,
      ...(batch !== undefined && { batch: batchName(this.owner, batch) }),
    });
    return { ...page, projects: page.projects.map((each) => this.inBatch(each)) };
  }

  async review(filter: ReviewFilter): Promise<ReviewPage> {
    const page = await this.stories.overview.review({ ...filter, ...this.byOwner });
    return { ...page, items: page.items.map((each) => this.inBatch(each)) };
  }

  async outcomes(filter: OutcomeFilter): Promise<OutcomePage> {
    const page = await this.stories.overview.outcomes({ ...filter, ...this.byOwner });
    return { ...page, outcomes: page.outcomes.map((each) => this.inBatch(each)) };
  }

  estimate(input: EstimateInput): Promise<FilmEstimate> {
    return this.stories.overview.estimate(input);
  }

  /** The addresses and keys of providers are for the operator only. */
  async providers(): Promise<Omit<ProviderView, 'host' | 'key'>[]> {
    const providers = await this.stories.overview.providers();
    if (this.owner === undefined) return providers;
    return providers.map(({ host: _host, key: _key, ...shown }) => shown);
  }

  async batch(projects: readonly BatchInputProject[], options: BatchOptions): Promise<StartedBatch> {
    const own: BatchInputProject[] = [];
    for (const each of projects) {
      if (typeof each === 'string') await this.project(each);
      own.push(typeof each === 'string' ? each : this.own(each));
    }
    const batchId = options.batchId ?? (own.length > 0 ? randomUUID().slice(0, 8) : undefined);
    if (batchId !== undefined) this.mustFit(batchId);
    const named = batchId === undefined ? {} : { batchId: batchName(this.owner, batchId) };
    const started = await this.stories.batch(own, { ...options, ...named });
    return { ...started, batchId: batchNameOf(this.owner, started.batchId) };
  }

  /** Those that `batchStatus` shows the caller, by the same names. */
  async batches(filter: Omit<BatchFilter, 'prefix'>): Promise<BatchPage> {
    const page = await this.stories.overview.batches({ ...filter, prefix: prefixOf(this.owner) });
    return { ...page, batches: page.batches.map((each) => this.inBatch(each)) };
  }

  async batchStatus(batchId: string): Promise<BatchView> {
    return this.shown(await this.stories.batchStatus(this.batchOf(batchId)));
  }

  async *watchBatch(batchId: string, signal: AbortSignal): AsyncGenerator<BatchView, void> {
    for await (const view of this.stories.watchBatch(this.batchOf(batchId), { signal })) yield this.shown(view);
  }

  cancelBatch(batchId: string): Promise<boolean> {
    return this.stories.cancelBatch(this.batchOf(batchId));
  }

  private batchOf(batchId: string): string {
    const name = batchName(this.owner, batchId);
    if (parseBatchId(batchId) && parseBatchId(name)) return name;
    throw new StoryreelError('Batch.NotFound', 'There is no such batch.');
  }

  /** The core's name is longer than the owner's. */
  private mustFit(batchId: string): void {
    if (parseBatchId(batchName(this.owner, batchId))) return;
    const most = MAX_BATCH_ID_LENGTH - prefixOf(this.owner).length;
    const detail = `must have at most ${most} characters`;
    throw new Refusal('Project.Invalid', `The body cannot be taken. batchId: ${detail}`, {
      errors: [{ pointer: '/batchId', detail, rule: 'too_many_characters', most }],
    });
  }

  private shown(view: BatchView): BatchView {
    return { ...view, batchId: batchNameOf(this.owner, view.batchId) };
  }

  private inBatch<T extends { readonly batchId?: BatchId }>(item: T): T {
    return item.batchId === undefined ? item : { ...item, batchId: batchNameOf(this.owner, item.batchId) };
  }

  /** The owner of what is made is who makes it. */
  private own<T extends NewProject>(input: T): T {
    if (this.owner === undefined || input.owner === this.owner) return input;
    if (input.owner === undefined) return { ...input, owner: this.owner };
    const detail = 'must be left out, or be the owner of the key';
    throw new Refusal('Project.Invalid', `The body cannot be taken. owner: ${detail}`, {
      errors: [{ pointer: '/owner', detail }],
    });
  }
}
