import type { ProjectSummary } from '../api/types';
import { approvalRecipe, deletionRecipe } from '../live-film/recipes';
import { commandsFor, messageOf, messagesFor, type Message } from '../live-film/steering';
import type { Item } from '../parts/one-by-one';

const addressOf = ({ projectId }: ProjectSummary) => ({ id: projectId, path: `/v1/projects/${projectId}` });

/** What is sent for a film of a list, if the film accepts it now. */
export function approvalOf(film: ProjectSummary): readonly Item[] {
  const { gate } = film.summary;
  if (gate === undefined) return [];
  const address = addressOf(film);
  return [{ name: film.name, path: `${address.path}/approve`, body: { gate }, recipe: approvalRecipe(address, gate) }];
}

export function retriesOf(film: ProjectSummary): readonly Item[] {
  return messagesFor(addressOf(film), 'retry', film.summary.parked, film.name);
}

export function messagesTo(film: ProjectSummary, command: Message): readonly Item[] {
  if (!commandsFor(film.status).includes(command)) return [];
  return [{ ...messageOf(addressOf(film), command), name: film.name }];
}

/** A film is deleted if no run of it is open. */
export function deletionOf(film: ProjectSummary): readonly Item[] {
  if (!commandsFor(film.status).includes('start')) return [];
  const address = addressOf(film);
  return [{ name: film.name, method: 'DELETE', path: address.path, recipe: deletionRecipe(address) }];
}
