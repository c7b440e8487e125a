import { LessThan, type DataSource } from 'typeorm';
import { AuditEntry } from '../../entities';
import { defined, FAILURES, firstBytes, storable, StoryreelError, TEXT_BYTES } from '../../protocol';
import { actAs, markDone, whoActs, type AuditOutcome, type AuditSubject } from './acting';
import { storyreelError } from '../client-errors';
import { readInput } from '../inputs';

/** Who asks for what. */
export type NewAuditEntry = Pick<AuditEntry, 'action'> &
  Partial<Pick<AuditEntry, 'at' | 'by' | 'owner' | 'credential' | 'project' | 'lane' | 'subject' | 'versionBefore'>> &
  Pick<AuditEntry, 'requestId'>;

/** Which entries of the audit to read. */
export interface AuditFilter {
  readonly owner?: string | undefined;
  readonly project?: string | undefined;
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Entries of the audit, newest first, and where the next page begins. */
export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditEntry[];
  /** The position of the next page. */
  readonly next?: string;
}

/** The status of an entry whose action has not ended. A process that was killed leaves it so. */
const ASKED = 102;

/** Who has changed what. */
export class Audit {
  /** @internal */
  constructor(
    private readonly dataSource: DataSource,
    /** Whatever goes wrong leaves as a `StoryreelError`. */
    private readonly run: <T>(work: () => Promise<T>) => Promise<T>,
    /** Who acts with this client. */
    private readonly by?: string,
  ) {}

  /** Everything that the work does with any client is recorded as done by this person or program. Throws `Project.Invalid`. */
  as<T>(by: string, work: () => Promise<T>): Promise<T> {
    const given = this.run(async () => ({ name: readInput('the actor', by), given: checked(work) }));
    return given.then(({ name, given: toDo }) => actAs({ by: name }, toDo));
  }

  /**
   * Records an action, then does it, then records what has come of it. The entry is stored before the action begins, so
   * that a process that is killed leaves no action without an entry. Rows that the action changes are stored together
   * with its outcome; see `changeRows`. An action inside another one is not recorded again. With `evenUnrecorded` it is
   * done although Postgres takes no entry.
   */
  async act<T>(
    action: string,
    about: AuditSubject & { readonly by?: string | undefined; readonly evenUnrecorded?: boolean },
    work: () => Promise<T>,
    found: (result: T) => AuditSubject = () => ({}),
  ): Promise<T> {
    const now = whoActs();
    if (now.entry !== undefined || now.isLate) return work();
    const { evenUnrecorded, ...asked } = await this.run(async () => {
      checked(work);
      const { by = now.by ?? this.by, project = null, lane = null, subject = null, evenUnrecorded } = about;
      return { action, by: named(by), project, lane, subject, requestId: '', evenUnrecorded };
    });
    const entry = await this.begin(asked).catch((error: unknown) => {
      if (evenUnrecorded) return undefined;
      throw error;
    });
    if (entry === undefined) return work();
    const end = (outcome: AuditOutcome) => this.end(entry, outcome).catch(() => undefined);
    try {
      const result = await actAs({ entry }, work);
      await end({ status: result === false ? FAILURES['Request.NotFound'].status : 200, code: null, ...found(result) });
      return result;
    } catch (error) {
      const { type } = storyreelError(error);
      await end({ status: FAILURES[type].status, code: type });
      throw error;
    }
  }

  /** Stores that somebody asks for something. Gives the id of the entry. */
  begin(entry: NewAuditEntry): Promise<string> {
    return this.run(async () => {
      const { identifiers } = await this.dataSource
        .getRepository(AuditEntry)
        .insert({ ...readInput('the entry of the audit', entry), status: ASKED });
      return String(identifiers[0]?.['id']);
    });
  }

  /** Stores what has come of it, for good. */
  end(entry: string, outcome: AuditOutcome): Promise<void> {
    return this.run(() => {
      const [id, known] = [
        readInput('the position in the audit', entry),
        readInput('the outcome of an action', outcome),
      ];
      return markDone(this.dataSource.manager, id, known, true);
    });
  }

  /** Stores an action that has ended: it was refused before it began, or was done while Postgres took no entry. */
  add(entry: NewAuditEntry & Pick<AuditEntry, 'status' | 'code'>): Promise<void> {
    return this.run(async () => {
      const known = readInput('the ended entry of the audit', entry);
      await this.dataSource.getRepository(AuditEntry).insert({ ...known, endedAt: () => 'now()' });
    });
  }

  /** The entries of one owner, of one project, or all, newest first. */
  page(filter: AuditFilter): Promise<AuditPage> {
    return this.run(async () => {
      const { owner, project, after, limit } = readInput('the page of the audit', filter);
      const entries = await this.dataSource.getRepository(AuditEntry).find({
        where: defined({ owner, project, id: after === undefined ? undefined : LessThan(after) }),
        order: { id: 'DESC' },
        take: limit + 1,
      });
      const next = entries.length > limit ? entries[limit - 1]?.id : undefined;
      return { entries: entries.slice(0, limit), ...(next !== undefined && { next }) };
    });
  }
}

/** A name is checked by the action itself; an entry must be possible whatever it is. */
function named(by: unknown): string | null {
  return typeof by === 'string' ? firstBytes(storable(by), TEXT_BYTES.by) : null;
}

/** Programs without types give anything. */
function checked<T>(work: () => Promise<T>): () => Promise<T> {
  if (typeof work === 'function') return work;
  throw new StoryreelError('Project.Invalid', 'The work of an action cannot be taken: it must be a function.');
}
