import {
  EventSubscriber,
  type EntityManager,
  type EntitySubscriberInterface,
  type QueryRunner,
  type TransactionCommitEvent,
  type TransactionRollbackEvent,
} from 'typeorm';

type Runner = Omit<QueryRunner, 'data'> & { readonly data: { afterCommit?: (() => void)[] } };

/**
 * Does this when the manager's transaction has been committed, and never where it was not; at once where there is none. For what
 * cannot be taken back, such as a count. It must not throw.
 */
export function afterCommit(manager: EntityManager, act: () => void): void {
  const runner = manager.queryRunner as Runner | undefined;
  if (!runner?.isTransactionActive) act();
  else (runner.data.afterCommit ??= []).push(act);
}

@EventSubscriber()
export class CommitWatch implements EntitySubscriberInterface {
  afterTransactionCommit({ queryRunner }: TransactionCommitEvent): void {
    const runner = queryRunner as Runner;
    // A savepoint was released, and the transaction goes on.
    if (runner.isTransactionActive) return;
    for (const act of taken(runner)) act();
  }

  afterTransactionRollback({ queryRunner }: TransactionRollbackEvent): void {
    taken(queryRunner);
  }
}

function taken({ data }: Runner): (() => void)[] {
  const acts = data.afterCommit ?? [];
  delete data.afterCommit;
  return acts;
}
