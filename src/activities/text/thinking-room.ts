import type { ResolvedProvider } from '../usage/provider-choice';

/** A model that needs more than this beside its answer does not find an end. */
const MAX_ROOM = 64_000;
const FIRST_ROOM = 4_000;

/** Learned in this process, by provider and model: how many tokens its thoughts need beside the answer. */
const learned = new Map<string, number>();

/** Tokens that are ordered beside the length of the answer, because the model thinks within the same limit. */
export function roomFor({ name, model, reasoningTokens }: ResolvedProvider<unknown>): number {
  return Math.max(reasoningTokens, learned.get(keyOf(name, model)) ?? 0);
}

/** The thoughts took so many tokens, and the answer had no room left: the next one has more. */
export function giveMoreRoom(chosen: ResolvedProvider<unknown>, thoughts: number): number {
  const room = Math.min(MAX_ROOM, Math.max(FIRST_ROOM, 2 * thoughts, 2 * roomFor(chosen)));
  learned.set(keyOf(chosen.name, chosen.model), room);
  return room;
}

function keyOf(name: string, model: string): string {
  return `${name}\0${model}`;
}
