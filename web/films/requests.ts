import type { ProjectSummary } from '../api/types';
import { approvalRecipe, laneRecipe } from '../live-film/recipes';
import { commandsFor, messageOf, type Message } from '../live-film/steering';
import { laneName } from '../parts/lane-name';
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
  const address = addressOf(film);
  return film.summary.parked.map((lane) => ({
    name: `${film.name}, ${laneName(lane)}`,
    path: `${address.path}/retry`,
    body: { lane },
    recipe: laneRecipe(address, 'retry', [lane]),
  }));
}

export function messagesTo(film: ProjectSummary, command: Message): readonly Item[] {
  if (!commandsFor(film.status).includes(command)) return [];
  return [{ ...messageOf(addressOf(film), command), name: film.name }];
}
