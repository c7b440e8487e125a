import { isCancellation } from '@temporalio/workflow';

/**
 * Gives the activities of one run of a workflow ids that operators can type: their names. Temporal refuses the workflow task
 * that schedules an activity under the id of a pending one, and all tasks after it, so a name that is pending gets a number.
 * Names are no bare numbers, which are the ids of activities without a name.
 */
export class ActivityIds {
  private readonly pending = new Set<string>();

  /**
   * Schedules an activity under an id of its own. One that was asked to be cancelled is over here before it is over in
   * Temporal, so its id is not used again, unless the activity `waitsForItsEnd`.
   */
  schedule<T>(
    name: string,
    start: (activityId: string) => Promise<T>,
    { waitsForItsEnd = false }: { readonly waitsForItsEnd?: boolean } = {},
  ): Promise<T> {
    const id = this.free(name);
    this.pending.add(id);
    const result = start(id);
    const release = () => void this.pending.delete(id);
    result.then(release, (error: unknown) => {
      if (waitsForItsEnd || !isCancellation(error)) release();
    });
    return result;
  }

  private free(name: string): string {
    let id = name;
    for (let number = 2; this.pending.has(id); number += 1) id = `${name}~${number}`;
    return id;
  }
}
