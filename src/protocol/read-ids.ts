import { parseBatchId, parseCursor, parseLaneId, parseProjectId } from './ids';
import { id } from './shape';

/** Readers of ids, for values that another program has sent. Each returns the id in its type, or throws `Misshapen`. */
export const readProjectId = id(parseProjectId, 'the id of a project');
export const readBatchId = id(parseBatchId, 'the name of a batch');
export const readLaneId = id(parseLaneId, 'a lane');
export const readCursor = id(parseCursor, 'the id of an event');
