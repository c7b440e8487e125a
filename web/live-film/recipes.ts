import { curl, quoted, type Recipe } from '../parts/copy-as';
import type { Story } from '../story/story';

/** How other programs do what the page does with a film. One function for each action that is not of `requestOf`. */

/** A film, for other programs. */
export type Address = Pick<Story, 'id' | 'path'>;

const inCode = (value: unknown) => JSON.stringify(value);

export function approvalRecipe({ path, id }: Address, gate: string): Recipe {
  return {
    curl: curl('POST', `${path}/approve`, { gate }),
    cli: `storyreel approve ${id} ${quoted(gate)}`,
    ts: `await client.approve('${id}', ${inCode(gate)})`,
  };
}

interface Rejection {
  readonly gate: string;
  readonly reason: string;
  readonly lane?: string;
}

export function rejectionRecipe({ path, id }: Address, rejection: Rejection): Recipe {
  const { gate, ...rest } = rejection;
  const lane = rest.lane === undefined ? '' : ` --lane ${quoted(rest.lane)}`;
  return {
    curl: curl('POST', `${path}/reject`, rejection),
    cli: `storyreel reject ${id} ${quoted(gate)} --reason=${quoted(rest.reason)}${lane}`,
    ts: `await client.reject('${id}', ${inCode(gate)}, ${inCode(rest)})`,
  };
}

/** For all of the lanes, one after the other. */
export function laneRecipe({ path, id }: Address, verb: 'retry' | 'skip', lanes: readonly string[]): Recipe {
  const each = (line: (lane: string) => string) => lanes.map(line).join('\n');
  return {
    curl: each((lane) => curl('POST', `${path}/${verb}`, { lane })),
    cli: each((lane) => `storyreel ${verb} ${id} ${quoted(lane)}`),
    ts: each((lane) => `await client.${verb}('${id}', ${inCode(lane)})`),
  };
}

export function stopRecipe({ path, id }: Address, lane: string): Recipe {
  return {
    curl: curl('POST', `${path}/cancel-lane`, { lane }),
    cli: `storyreel cancel ${id} ${quoted(lane)}`,
    ts: `await client.cancelLane('${id}', ${inCode(lane)})`,
  };
}

export function budgetRecipe({ path, id }: Address, amount: number | null): Recipe {
  return {
    curl: curl('PUT', `${path}/budget`, { amount }),
    cli: `storyreel budget ${id} ${amount ?? 'none'}`,
    ts: `await client.setBudget('${id}'${amount === null ? '' : `, ${amount}`})`,
  };
}

export function editRecipe({ path, id }: Address, changes: object, version: number): Recipe {
  return {
    curl: curl('PATCH', path, changes, { 'if-match': `"v${version}"` }),
    cli: `printf %s ${quoted(JSON.stringify(changes))} | storyreel edit ${id} --json - --version ${version}`,
    ts: `await client.edit('${id}', ${inCode(changes)}, { version: ${version} })`,
  };
}

export function deletionRecipe({ path, id }: Address): Recipe {
  return {
    curl: curl('DELETE', path),
    cli: `storyreel delete ${id} --yes`,
    ts: `await client.delete('${id}')`,
  };
}
