import type { BatchedProject, BatchView } from '../../client';
import { STATUS_MARKS, type LaneStatus, type ProjectId, type ProjectStatus } from '../../protocol';
import { LiveArea } from './live-area';
import type { Screen } from './screen';
import { createStyle, oneLine } from './style';

/** In the order in which a person wants to read them. */
const WORDS: readonly (readonly [ProjectStatus, string])[] = [
  ['completed', 'done'],
  ['processing', 'running'],
  ['needs_attention', 'need attention'],
  ['awaiting_approval', 'await approval'],
  ['paused', 'paused'],
  ['queued', 'queued'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
];
const WAITING: readonly ProjectStatus[] = ['needs_attention', 'awaiting_approval', 'paused'];
const QUIET: readonly ProjectStatus[] = ['draft', 'queued', 'processing'];

/** Shows a batch for who reads: one line that counts at a terminal, a line for each project in a log, JSON for a program. */
export class BatchProgress {
  private readonly area: LiveArea;
  private readonly seen = new Map<ProjectId, ProjectStatus>();
  private begun = false;

  constructor(
    private readonly screen: Screen,
    private readonly json: boolean,
  ) {
    this.area = new LiveArea(screen);
  }

  show(view: BatchView): void {
    if (!this.begun) this.begin(view);
    const changed = view.projects.filter(({ projectId, status }) => this.seen.get(projectId) !== status);
    for (const project of changed) this.seen.set(project.projectId, project.status);
    if (this.json) for (const project of changed) this.line(jsonOf(view, project));
    else if (this.screen.interactive) this.live(view, changed);
    else for (const project of changed) if (!QUIET.includes(project.status)) this.line(this.plain(project));
  }

  /** Each project that has not ended well, and why. */
  close(view: BatchView): void {
    if (this.json) return this.line(JSON.stringify({ ...head(view), counts: view.counts }));
    this.area.draw([]);
    for (const project of view.projects) {
      if (QUIET.includes(project.status) || project.status === 'completed') continue;
      this.line(this.plain(project));
      if (project.status === 'needs_attention') this.line(`    storyreel retry ${project.projectId} <lane>`);
      if (project.status === 'awaiting_approval') this.line(`    storyreel approve ${project.projectId} <stage>`);
    }
    this.line(countsLine(view));
  }

  private begin(view: BatchView): void {
    this.begun = true;
    // Projects that had ended before are not reported.
    for (const { projectId, status } of view.projects) if (status === 'completed') this.seen.set(projectId, status);
    if (this.json) this.line(JSON.stringify({ ...head(view), counts: view.counts }));
    else this.line(`Batch ${view.batchId} of ${view.projects.length}: workflow ${view.workflowId}`);
  }

  private live(view: BatchView, changed: readonly BatchedProject[]): void {
    const shown = changed.filter(({ status }) => !QUIET.includes(status) && status !== 'completed');
    if (shown.length > 0) this.area.printAbove(shown.map((project) => `${this.plain(project)}\n`).join(''));
    this.area.draw([countsLine(view)]);
  }

  private plain({ projectId, name, status, error }: BatchedProject): string {
    const style = createStyle(this.screen.color);
    const paint = status === 'completed' ? style.green : WAITING.includes(status) ? style.yellow : style.red;
    const why = error && status !== 'completed' ? `: ${oneLine(error.message)} (${error.type})` : '';
    return `${paint(STATUS_MARKS[status as LaneStatus])} ${status.replaceAll('_', ' ')}  ${oneLine(name)}  ${projectId}${why}`;
  }

  private line(text: string): void {
    this.screen.write(`${text}\n`);
  }
}

function countsLine({ counts, projects }: BatchView): string {
  const words = WORDS.filter(([status]) => counts[status]).map(([status, word]) => `${counts[status]} ${word}`);
  return `${projects.length} projects: ${words.join(' · ')}`;
}

function head({ batchId, workflowId, running }: BatchView) {
  return { batch_id: batchId, workflow_id: workflowId, running };
}

function jsonOf({ batchId }: BatchView, { projectId, name, status, error }: BatchedProject): string {
  return JSON.stringify({ batch_id: batchId, project_id: projectId, name, status, ...(error && { error }) });
}
