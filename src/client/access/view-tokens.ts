import { randomBytes } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { ViewToken } from '../../entities';
import { projectNotFound, type ProjectId } from '../../protocol';
import { changeRows, ifDone } from './acting';
import type { Audit } from './audit';
import { readInput } from '../inputs';

/** A token that shows one project, without its secret. */
export interface ViewTokenView {
  readonly id: string;
  readonly projectId: ProjectId;
  readonly name?: string;
  readonly epoch: number;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly revokedAt?: Date;
}

interface NewViewToken {
  readonly name?: string;
  readonly seconds: number;
}

/** A row `t` of view_tokens that is valid for its project `p`. */
export const VALID_TOKEN = `t.revoked_at IS NULL AND t.expires_at > now() AND t.epoch = p.token_epoch`;

/** Tokens that show one project. The gateway signs them; their rows decide whether they are valid. */
export class ViewTokens {
  /** @internal */
  constructor(
    private readonly dataSource: DataSource,
    /** Whatever goes wrong leaves as a `StoryreelError`. */
    private readonly run: <T>(work: () => Promise<T>) => Promise<T>,
    private readonly audit: Pick<Audit, 'act'>,
  ) {}

  /** Stores a token that is valid for so many seconds. The gateway signs it. Throws `Project.NotFound`. */
  create(projectId: ProjectId, token: NewViewToken): Promise<ViewTokenView> {
    return this.run(async () => {
      const project = readInput('the project id', projectId);
      const { name, seconds } = readInput('the token', token);
      const id = randomBytes(12).toString('hex');
      await this.dataSource.query(`DELETE FROM view_tokens WHERE expires_at < now() - interval '1 day'`);
      const insert = (manager: EntityManager) =>
        manager.query(
          `INSERT INTO view_tokens (id, project_id, name, epoch, expires_at)
         SELECT $1, id, $3, token_epoch, date_trunc('second', now()) + make_interval(secs => $4) FROM projects WHERE id = $2`,
          [id, project, name ?? null, seconds],
        );
      return this.audit.act('tokens.create', { project, subject: id }, async () => {
        await changeRows(this.dataSource, insert);
        const row = await this.dataSource.getRepository(ViewToken).findOneBy({ id });
        if (!row) throw projectNotFound(project);
        return viewOf(row);
      });
    });
  }

  /** All tokens of the project, oldest first, also those that are no longer valid. */
  list(projectId: ProjectId): Promise<ViewTokenView[]> {
    return this.run(async () => {
      const rows = await this.dataSource
        .getRepository(ViewToken)
        .find({ where: { projectId: readInput('the project id', projectId) }, order: { createdAt: 'ASC' } });
      return rows.map(viewOf);
    });
  }

  /**
   * Open streams with this token end within a second. Resolves with false if the project has no valid token with this
   * id.
   */
  revoke(projectId: ProjectId, id: string): Promise<boolean> {
    return this.run(() => {
      const [project, subject] = [readInput('the project id', projectId), readInput('the name', id)];
      const revoke = async (manager: EntityManager) => {
        const [rows] = await manager.query<[unknown[], number]>(
          `UPDATE view_tokens SET revoked_at = now()
           WHERE id = $1 AND project_id = $2 AND revoked_at IS NULL RETURNING id`,
          [subject, project],
        );
        return rows.length > 0;
      };
      return this.audit.act('tokens.revoke', { project, subject }, () => changeRows(this.dataSource, revoke, ifDone));
    });
  }

  /** Ends every token of the project that was made until now, also those that are made at the same moment. */
  revokeAll(projectId: ProjectId): Promise<void> {
    return this.run(() => {
      const project = readInput('the project id', projectId);
      const revoke = async (manager: EntityManager): Promise<void> => {
        await manager.query('UPDATE projects SET token_epoch = token_epoch + 1 WHERE id = $1', [project]);
      };
      return this.audit.act('tokens.revokeAll', { project }, () => changeRows(this.dataSource, revoke));
    });
  }

  /** Those of the given ids whose tokens are not valid, or do not exist. */
  findInvalid(ids: readonly string[]): Promise<string[]> {
    return this.run(async () => {
      const rows = await this.dataSource.query<{ id: string }[]>(
        `SELECT t.id FROM view_tokens t JOIN projects p ON p.id = t.project_id WHERE t.id = ANY($1) AND ${VALID_TOKEN}`,
        [readInput('the names', ids)],
      );
      return ids.filter((id) => !rows.some((row) => row.id === id));
    });
  }
}

function viewOf(row: ViewToken): ViewTokenView {
  const { id, projectId, name, epoch, createdAt, expiresAt, revokedAt } = row;
  return {
    id,
    projectId,
    epoch,
    createdAt,
    expiresAt,
    ...(name !== null && { name }),
    ...(revokedAt && { revokedAt }),
  };
}
