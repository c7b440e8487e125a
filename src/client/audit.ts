import { LessThan, type DataSource } from 'typeorm';
import { AuditEntry } from '../entities';

export type NewAuditEntry = Omit<AuditEntry, 'id' | 'at'>;

export interface AuditPage {
  /** Newest first. */
  readonly entries: readonly AuditEntry[];
  /** The position of the next page. */
  readonly next?: string;
}

/** Who has changed what over HTTP. */
export class Audit {
  constructor(
    private readonly dataSource: DataSource,
    /** Whatever goes wrong leaves as a `StoryreelError`. */
    private readonly run: <T>(work: () => Promise<T>) => Promise<T>,
  ) {}

  add(entry: NewAuditEntry): Promise<void> {
    return this.run(async () => {
      await this.dataSource.getRepository(AuditEntry).insert(entry);
    });
  }

  page(filter: { readonly owner?: string | undefined; readonly after?: string | undefined; readonly limit: number }) {
    return this.run(async (): Promise<AuditPage> => {
      const { owner, after, limit } = filter;
      const entries = await this.dataSource.getRepository(AuditEntry).find({
        where: { ...(owner !== undefined && { owner }), ...(after !== undefined && { id: LessThan(after) }) },
        order: { id: 'DESC' },
        take: limit + 1,
      });
      const next = entries.length > limit ? entries[limit - 1]?.id : undefined;
      return { entries: entries.slice(0, limit), ...(next !== undefined && { next }) };
    });
  }
}
