/**
 * What a viewer of stories needs, in Node and in browsers, and the readers of what comes from outside. These exports have
 * an index of their own, because the bundle of the workflows holds everything that `protocol/index.ts` exports.
 */
export { EventStream, type StreamMessage } from './event-stream';
export { followOutcomes } from './follow-outcomes';
export { isSignal } from './is-signal';
export { LanePage, type Mark, type Proof } from './lane-page';
export { leavable } from './leavable';
export { backoffMs, pause } from './pause';
export { readStream, type OpenedStream } from './read-stream';
export { StoryPage, type MadeItem, type PageChange } from './story-page';
export { isStreamEvent, readStreamEvent, type StreamEvent } from './stream-events';
export { readBody, readContinuation, readError, readEvent, readReason, SCENE_READERS } from '../read-event';
export { readBatchId, readCursor, readLaneId, readProjectId } from '../read-ids';
export { count, fields, flag, isCount, list, Misshapen, oneOf, record, text, type Reader } from '../shape';
export { withoutFirst, type TextBlock } from './text-blocks';
