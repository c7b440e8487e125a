import type { IncomingMessage, ServerResponse } from 'node:http';
import { faultRuleSchema, type FaultPlan } from '../faults';
import type { Holds } from '../holds';
import type { RequestRecord } from '../request-record';
import type { VideoJobs } from '../video/video-jobs';
import { ApiError } from './api-error';
import { checked, parseBody, readBody } from './body';
import { sendJson } from './exchange';

export interface ControlledParts {
  faults: FaultPlan;
  holds: Holds;
  record: RequestRecord;
  videos: VideoJobs;
}

/** The interface for tests, outside `/v1` and without a key: faults, requests seen, video jobs. */
export async function control(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  parts: ControlledParts,
): Promise<void> {
  switch (`${request.method} ${url.pathname}`) {
    case 'POST /studio/faults': {
      const rule = checked(faultRuleSchema, await parseBody(await readBody(request), 'application/json'));
      if (rule.fault.hold !== undefined) parts.holds.arm(rule.match);
      parts.faults.add(rule);
      return sendJson(response, 200, { planned: true });
    }
    case 'POST /studio/release':
      parts.holds.release(url.searchParams.get('match') ?? '');
      return sendJson(response, 200, { released: true });
    case 'DELETE /studio/faults':
      parts.faults.clear();
      return sendJson(response, 200, { cleared: true });
    case 'GET /studio/requests':
      return sendJson(response, 200, parts.record.matching(url.searchParams.get('match') ?? ''));
    case 'GET /studio/jobs': {
      const match = url.searchParams.get('match') ?? '';
      return sendJson(
        response,
        200,
        parts.videos.all().filter((job) => job.prompt.includes(match)),
      );
    }
    default:
      throw new ApiError(404, `There is no ${request.method} ${url.pathname}.`);
  }
}
