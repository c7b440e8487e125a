import type { EntityManager } from 'typeorm';

/**
 * Gives each outcome that has none its position, within the transaction of the manager, and resolves with the newest one.
 * Positions come after the commit of what they number, under one lock. So a reader that has seen a position never meets
 * a smaller one later. A number that is taken when a row is written would not promise that, because transactions commit in
 * another order than they begin.
 */
export async function numberOutcomes(manager: EntityManager): Promise<number> {
  await manager.query('SELECT 1 FROM outcome_positions FOR UPDATE');
  const [row] = await manager.query<[{ last: string }]>(
    `WITH fresh AS (
       SELECT o.id, p.last + row_number() OVER (ORDER BY o.ended_at, o.id) AS position
       FROM outcomes AS o CROSS JOIN outcome_positions AS p WHERE o.position IS NULL),
     numbered AS (
       UPDATE outcomes AS o SET position = fresh.position FROM fresh WHERE o.id = fresh.id RETURNING o.position)
     SELECT greatest(p.last, (SELECT max(position) FROM numbered)) AS last FROM outcome_positions AS p`,
  );
  const last = Number(row.last);
  await manager.query('UPDATE outcome_positions SET last = $1 WHERE last < $1', [last]);
  return last;
}
