import { laneOfRole, laneParts, type StoryEvent } from '../../protocol';
import { approvalLines, attentionLines, closingLines } from './closing-lines';
import { fit } from './display-width';
import { isStory } from './lane-state';
import { LiveArea } from './live-area';
import type { Ending, Renderer } from './renderer';
import { sceneTable, statusMark } from './scene-table';
import type { Screen } from './screen';
import { StoryFlow } from './story-flow';
import type { StoryView } from './story-view';
import { createStyle, oneLine, type Style } from './style';

/** Between two drawings of the table, in milliseconds. */
const REDRAW_MS = 80;

/** For a person at a terminal: the texts token by token, then a table of scenes that is drawn again in place. */
export class LiveRenderer implements Renderer {
  private readonly style: Style;
  private readonly area: LiveArea;
  private readonly flow: StoryFlow;
  private view: StoryView | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly screen: Screen) {
    this.style = createStyle(screen.color);
    this.area = new LiveArea(screen);
    this.flow = new StoryFlow((text) => {
      // Text cannot be drawn again in place: the table above it stays as it was.
      this.area.freeze();
      screen.write(text);
    }, this.style);
  }

  show(event: StoryEvent, before: StoryView, after: StoryView): void {
    this.view = after;
    if (event.type === 'snapshot') {
      if (before.topic === undefined)
        this.print(`${this.style.bold(oneLine(event.topic))}\n${this.style.dim(event.project_id)}\n`);
      for (const [lane, state] of after.lanes) if (isStory(lane)) this.flow.replace(before.lanes.get(lane), state);
    } else if (event.lane !== undefined && isStory(event.lane)) {
      const state = after.lanes.get(event.lane);
      if (state) this.flow.show(event, before.lanes.get(event.lane), state);
    }
    this.timer ??= setTimeout(() => this.draw(), REDRAW_MS);
  }

  note(line: string): void {
    this.flow.close();
    this.print(`${this.style.yellow('•')} ${line}\n`);
  }

  close(ending?: Ending): void {
    this.flow.close();
    this.draw();
    this.area.freeze();
    if (ending) this.print(`\n${closingLines(ending, this.style).join('\n')}\n`);
  }

  private print(text: string): void {
    this.area.printAbove(text);
  }

  private draw(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.view && !this.flow.isOpen) this.area.draw(areaLines(this.view, this.screen, this.style));
  }
}

/** The table, the film, and what a person should look at. */
export function areaLines(view: StoryView, screen: Screen, style: Style): string[] {
  const attention = [...view.lanes.values()]
    .filter(({ status }) => status === 'needs_attention')
    .slice(0, 3)
    .flatMap((lane) => attentionLines(lane, style));
  const film = view.lanes.get(laneOfRole('film'));
  const hasScenes = [...view.lanes.keys()].some((lane) => laneParts(lane).scene !== undefined);
  const table = sceneTable(view.lanes.values(), {
    style,
    columns: screen.columns,
    mostScenes: Math.max(3, screen.rows - attention.length - 6),
    narrations: hasScenes ? new Map(view.scenes.map((scene) => [scene.scene_number, scene.narration])) : new Map(),
  });
  return [
    ...(table.length > 0 ? ['', ...table] : []),
    ...(film && film.status !== 'pending' ? [fit(' film', 7).padEnd(7) + statusMark(film.status, style)] : []),
    ...attention,
    ...(view.gates ?? []).flatMap((gate) => approvalLines(view.projectId ?? '', gate)),
  ];
}
