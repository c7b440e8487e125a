/**
 * What a viewer of stories needs, in Node and in browsers. It is a door of its own, because the bundle of the workflows holds
 * all that `protocol/index.ts` exports.
 */
export {
  isFinal,
  isTerminal,
  parseCursor,
  parseProjectId,
  StoryreelError,
  type Cursor,
  type FailureType,
  type FilmReference,
  type LaneId,
  type LaneStatus,
  type LogEvent,
  type ProjectId,
  type ProjectStatus,
  type SceneSnapshot,
  type SnapshotEvent,
  type StoryEvent,
  type UsageTotals,
} from '../index';
export { EventStream, type StreamMessage } from './event-stream';
export { LanePage, type Proof } from './lane-page';
export { StoryPage, type MadeItem, type PageChange } from './story-page';
export { isStreamEvent, readStreamEvent, type StreamEvent } from './stream-events';
export { readBody, readContinuation, readError, readEvent, readReason } from '../read-event';
export { count, fields, flag, id, isCount, list, Misshapen, oneOf, record, text, type Reader } from '../shape';
export { withoutFirst, type TextBlock } from './text-blocks';
