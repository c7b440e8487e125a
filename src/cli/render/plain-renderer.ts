import { laneParts, PIPELINE, roleOf, type LogEvent, type StoryEvent } from '../../protocol';
import { approvalLines, attentionLines, closingLines } from './closing-lines';
import { isStory, type LaneState } from './lane-state';
import type { Ending, Renderer } from './renderer';
import type { Screen } from './screen';
import { StoryboardText } from './storyboard-text';
import { checkLine } from './story-flow';
import type { StoryView } from './story-view';
import { createStyle, oneLine, printable, type Style } from './style';

/** For a log or a pipe: a line for each event of interest, and each text as a whole once it is committed. */
export class PlainRenderer implements Renderer {
  private readonly style: Style;

  constructor(
    private readonly screen: Screen,
    private readonly printNote: (line: string) => void,
  ) {
    this.style = createStyle(screen.color);
  }

  show(event: StoryEvent, before: StoryView, after: StoryView): void {
    const time = `${((after.last ?? 0) - (after.began ?? 0)).toFixed(1)} s`.padStart(9);
    const print = (head: string, line: string) => this.screen.write(`${`${head}  ${line}`.trimEnd()}\n`);
    for (const line of this.linesOf(event, before, after)) print(time, line);
    for (const state of textsThatSettled(event, before, after)) {
      print(time, checkLine(state, this.style));
      for (const line of settledText(state, this.style)) print(' '.repeat(time.length), line);
    }
  }

  note(line: string): void {
    this.printNote(line);
  }

  close(ending?: Ending): void {
    if (ending) this.screen.write(`${closingLines(ending, this.style).join('\n')}\n`);
  }

  private linesOf(event: StoryEvent, before: StoryView, after: StoryView): string[] {
    if (event.type === 'snapshot') {
      const head = `${oneLine(event.topic)} (${event.project_id}): ${event.status}`;
      const parked = [...after.lanes.values()].filter(({ status }) => status === 'needs_attention');
      return [head, ...parked.flatMap((lane) => attentionLines(lane, this.style))];
    }
    const lane = event.lane === undefined ? undefined : after.lanes.get(event.lane);
    return lane ? this.ofLane(event, lane, before.lanes.get(lane.lane)) : ofRun(event);
  }

  private ofLane(event: LogEvent, lane: LaneState, before: LaneState | undefined): string[] {
    const runsOnce = laneParts(lane.lane).scene === undefined;
    switch (event.type) {
      case 'stage_update':
        if (event.status === 'processing' && before?.status !== 'processing' && (runsOnce || lane.attempt > 1)) {
          return [`${lane.lane} begins${lane.attempt > 1 ? ` (attempt ${lane.attempt})` : ''}`];
        }
        return runsOnce && event.status === 'completed' && !isStory(lane.lane) ? [`${lane.lane} completed`] : [];
      case 'reset':
        return before?.text || event.attempt > 1
          ? [`↺ ${lane.lane} starts again (${event.reason}, attempt ${event.attempt})`]
          : [];
      case 'resumed':
        return event.how === 'reuse' ? [] : [`↻ ${lane.lane} continues from byte ${event.offset} (${event.how})`];
      case 'done':
        return lane.check === 'mismatch' && !isStory(lane.lane) ? [checkLine(lane, this.style)] : [];
      case 'attention':
        return attentionLines(lane, this.style);
      default:
        return [];
    }
  }
}

function ofRun(event: LogEvent): string[] {
  switch (event.type) {
    case 'stage_update':
      return event.stage === PIPELINE && event.status !== 'processing' ? [`the run is ${event.status}`] : [];
    case 'awaiting':
      return approvalLines(event.project_id, event.gate);
    case 'progress':
      return [`${event.stage} ${event.current}/${event.total}${event.item_name ? ` (${event.item_name})` : ''}`];
    case 'pipeline_done':
      return ['the run has ended'];
    case 'pipeline_error':
      return [`the run has ended: ${oneLine(event.error)}`];
    default:
      return [];
  }
}

function textsThatSettled(event: StoryEvent, before: StoryView, after: StoryView): LaneState[] {
  if (event.type === 'done') {
    const lane = event.lane && after.lanes.get(event.lane);
    return lane && isStory(lane.lane) ? [lane] : [];
  }
  if (event.type !== 'snapshot') return [];
  return [...after.lanes.values()].filter(
    ({ lane, text, check }) => isStory(lane) && check !== undefined && text !== before.lanes.get(lane)?.text,
  );
}

function settledText({ lane, text }: LaneState, style: Style): string[] {
  const shown = roleOf(lane) === 'scenes' ? new StoryboardText(style).feed(printable(text)) : printable(text);
  return shown.trimEnd().split('\n');
}
