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
 * Calls `act` after the manager's transaction has committed, and never if it was rolled back; without a transaction, at
 * once. It is for effects that cannot be undone, such as a count. `act` must not throw.
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
    // A savepoint was released, and the transaction continues.
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
