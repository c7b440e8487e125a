/** The most items of one page of a list. */
export const MAX_LISTED = 1_000;

/** The highest number that a column of type `int` in Postgres holds. */
export const MAX_INTEGER = 2_147_483_647;
