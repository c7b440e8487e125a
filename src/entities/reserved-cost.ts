/**
 * Sums over rows of `model_usage` in SQL. A budget counts both beside what was paid. Calls under way count with their
 * reserved amount. Calls of which only an estimate is known count with what they may have cost beyond it.
 */
export const UNDER_WAY = `coalesce(sum(reserved::numeric) FILTER (WHERE outcome = 'in_flight'), 0)`;
export const UNSURE = `coalesce(sum(greatest(0, reserved::numeric - coalesce(cost::numeric, 0)))
  FILTER (WHERE outcome <> 'in_flight' AND estimated), 0)`;
