import { isCancellation } from '@temporalio/workflow';
import { activityIdOf } from '../protocol';

/**
 * Gives the activities of one workflow run ids that operators can type: their names. Temporal refuses a workflow task
 * that schedules an activity under the id of a pending one, and every later task. Therefore a name that is pending gets
 * a number. Names are no bare numbers, which are the ids of activities without a name.
 */
export class ActivityIds {
  private readonly pending = new Set<string>();

  /**
   * Schedules an activity under an id of its own. If its cancellation was requested, the activity ends here before it
   * ends in Temporal. Its id is then not used again, unless the activity `waitsForItsEnd`.
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
    for (let number = 2; this.pending.has(id); number += 1) id = activityIdOf(name, number);
    return id;
  }
}

/** The activity ids of this workflow run: each run loads its own modules. */
export const ids = new ActivityIds();
