import type { FailureType } from '../../src/protocol';
import type { Asked, Reply, Script, Scripts } from './scripted-media';

/** What a provider was publicly reported to answer, and what becomes of the scene. */
export interface MediaCase extends Scripts {
  readonly name: string;
  readonly source: string;
  readonly ends: 'film' | FailureType;
  /** How many images and clips are paid; one of each for a film, unless it says otherwise. */
  readonly images?: number;
  readonly clips?: number;
}

const json = (body: unknown, status = 200): Reply => ({ json: body, status });
const refuse = (status: number, error: unknown): Reply => json({ error }, status);
const data = (...pictures: unknown[]) => json({ created: 1, data: pictures });
const job = (fields: Readonly<Record<string, unknown>>) => (asked: Asked) => json({ id: asked.id, ...fields });
const done = job({ status: 'completed' });
const PAGE: Reply = {
  body: '<!doctype html><html><title>Welcome</title></html>',
  headers: { 'content-type': 'text/html' },
};
const CUT: Reply = { cutAfter: 0 };

/** Refuses an order unless it is of one of these. */
const only =
  (field: 'size' | 'seconds', values: readonly string[], message: string, then: (asked: Asked) => Reply) =>
  (asked: Asked): Reply =>
    values.includes(String(asked.body[field]))
      ? then(asked)
      : refuse(400, { message, param: field, code: 'invalid_value' });

const queued = job({ object: 'video', status: 'queued' });
const GPT_SIZES = ['1024x1024', '1024x1536', '1536x1024'];

const GIF = 'R0lGODdhEAAQAIEAAMgeHgAAAAAAAAAAACwAAAAAEAAQAEAIHQABCBxIsKDBgwgTKlzIsKHDhxAjSpxIsaLFgQEBADs=';

// prettier-ignore
const IMAGES: readonly MediaCase[] = [
  { name: 'the size is none of three', source: 'pollinations#5037', ends: 'film', image: [only('size', GPT_SIZES, "Invalid value: '64x36'. Supported values are: '1024x1024', '1024x1536', '1536x1024', and 'auto'.", () => ({ file: 'large.png' }))] },
  { name: 'the size must be divisible by 16', source: 'gpt-image-2 documentation', ends: 'film', image: [only('size', ['64x48'], 'Invalid size. Width and height must be divisible by 16.', () => ({ file: 'large.png' }))] },
  { name: 'the size has too few pixels', source: 'Seedream 4.5, Ark', ends: 'film', image: [(asked) => (Number(String(asked.body['size']).split('x')[0]) < 2500 ? refuse(400, { message: 'The parameter `size` is not valid: image size must be at least 3686400 pixels.', code: 'InvalidParameter' }) : { file: 'large.png' })] },
  { name: 'no size is taken, and none is named', source: 'xAI images', ends: 'film', image: [(asked) => ('size' in asked.body ? refuse(400, { message: 'Argument not supported: size', param: 'size' }) : { file: 'large.png' })] },
  { name: 'n is not taken', source: 'LiteLLM UnsupportedParamsError', ends: 'film', image: [(asked) => ('n' in asked.body ? refuse(422, { message: 'n: Extra inputs are not permitted', param: 'n' }) : { file: 'picture.png' })] },
  { name: 'another size than ordered comes', source: 'Ark, Veo', ends: 'film', image: [{ file: 'large.png' }] },
  { name: 'an address comes, which leads to another', source: 'Toonflow-app#240', ends: 'film', image: [(asked) => data({ url: `${asked.own}/files/a?next=${encodeURIComponent(`${asked.other}/files/picture.jpg?X-Sig=1`)}`, revised_prompt: 'a' })] },
  { name: 'a JPEG comes as image/png', source: 'Toonflow-app#117', ends: 'film', image: [(asked) => data({ url: `${asked.other}/files/picture.jpg` })] },
  { name: 'a data URL comes as base64', source: 'langwatch#7769', ends: 'film', image: [data({ b64_json: `data:image/gif;base64,${GIF}` })] },
  { name: 'a data URL comes as the address', source: 'fal sync_mode', ends: 'film', image: [data({ url: `data:image/gif;base64,${GIF}` })] },
  ...['avif', 'webp', 'gif'].map((type): MediaCase => ({ name: `the picture is ${type.toUpperCase()}`, source: 'gpt-image output_format', ends: 'film', image: [{ file: `picture.${type}` }] })),
  ...['bmp', 'tiff'].map((type): MediaCase => ({ name: `the picture is ${type.toUpperCase()}`, source: 'ComfyUI', ends: 'film', image: [{ file: `picture.${type}` }] })),
  { name: 'an object that nobody knows', source: 'Runware imageURL', ends: 'film', image: [(asked) => data({ taskType: 'imageInference', imageURL: `${asked.other}/files/picture.png`, NSFWContent: false })] },
  { name: 'a job in the place of a picture', source: 'Black Forest Labs', ends: 'film', image: [({ id, own }) => json({ id, polling_url: `${own}/v1/images/generations/${id}` })], look: [refuse(404, { message: 'not found' }), ({ id }) => json({ id, status: 'Pending', result: null }), ({ id, other }) => json({ id, status: 'Ready', result: { sample: `${other}/files/picture.png?sig=1` } })] },
  { name: 'a job that is moderated', source: 'Black Forest Labs', ends: 'Provider.Refused', image: [({ id }) => json({ id, status: 'pending' })], look: [({ id }) => json({ id, status: 'Content Moderated', result: null })] },
  { name: 'a job that fails', source: 'Replicate', ends: 'Media.Unusable', images: 2, image: [({ id }) => json({ id, status: 'starting' })], look: [({ id }) => json({ id, status: 'failed', error: 'CUDA out of memory' })] },
  { name: 'a job that nobody knows any more', source: 'DashScope UNKNOWN', ends: 'Media.Unusable', images: 1, image: [({ id }) => json({ output: { task_id: id, task_status: 'PENDING' } })], look: [({ id }) => json({ output: { task_id: id, task_status: 'UNKNOWN' } })] },
  { name: 'a list of bare addresses', source: 'Replicate output', ends: 'film', image: [(asked) => json({ id: 'p', status: 'succeeded', output: [`${asked.other}/files/picture.png`] })] },
  { name: 'a member called images', source: 'fal', ends: 'film', image: [(asked) => json({ images: [{ url: `${asked.other}/files/picture.png`, width: 64 }], seed: 1 })] },
  { name: 'no picture', source: 'openai-image, data empty', ends: 'Media.Unusable', images: 2, image: [data()] },
  { name: 'no picture at first', source: 'openai-image, data empty', ends: 'film', images: 2, image: [data(), { file: 'picture.png' }] },
  { name: 'a picture that is cut off', source: 'MyTube#471', ends: 'Media.Unusable', images: 2, image: [{ file: 'cut.png' }] },
  { name: 'a drawing instead of a picture', source: 'Recraft, vector models', ends: 'Media.Unusable', images: 1, image: [data({ b64_json: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="64" height="36"></svg>').toString('base64') })] },
  { name: 'a text instead of a picture', source: 'gemini: only text', ends: 'Media.Unusable', images: 2, image: [data({ b64_json: Buffer.from('I cannot draw that.').toString('base64') })] },
  { name: 'moderation within a 200', source: 'apiyi', ends: 'Provider.Refused', images: 1, image: [json({ error: { message: 'Your request was rejected by the safety system.', code: 'moderation_blocked' } })] },
  { name: 'moderation of one picture of a set', source: 'Seedream', ends: 'Provider.Refused', images: 1, image: [data({ error: { code: 'OutputImageSensitiveContentDetected', message: 'sensitive' } })] },
  { name: 'a black picture that is called indecent', source: 'fal has_nsfw_concepts', ends: 'Provider.Refused', images: 1, image: [(asked) => json({ images: [{ url: `${asked.other}/files/picture.png` }], has_nsfw_concepts: [true] })] },
  { name: 'moderation', source: 'portkey', ends: 'Provider.Refused', images: 0, image: [refuse(400, { message: 'Your request was rejected by the safety system.', type: 'image_generation_user_error', code: 'moderation_blocked' })] },
  { name: 'no credit', source: 'MoneyPrinterTurbo#1055', ends: 'Provider.QuotaExhausted', images: 0, image: [refuse(402, { message: 'Insufficient Balance', code: 'invalid_request_error' })] },
  { name: 'no quota, as 403', source: 'free_chatgpt_api#76', ends: 'Provider.QuotaExhausted', images: 0, image: [refuse(403, { message: 'user quota is not enough', type: 'v_api_error', code: 'insufficient_user_quota' })] },
  { name: 'the billing limit, as 400', source: 'OpenAI', ends: 'Provider.QuotaExhausted', images: 0, image: [refuse(400, { message: 'Billing hard limit has been reached', code: 'billing_hard_limit_reached' })] },
  { name: 'a web page', source: 'one-api#1473', ends: 'Provider.NotFound', images: 1, image: [PAGE] },
  { name: 'an answer that is lost', source: 'fal, connection lost', ends: 'Provider.Unavailable', images: 2, image: [CUT] },
  { name: 'an answer that is cut', source: 'litellm timeouts', ends: 'Stream.Cut', images: 2, image: [{ ...data({ b64_json: 'iVBORw0KGgo' }), cutAfter: 20 }] },
  { name: 'an address that has expired', source: 'sora-extend-enhanced#2', ends: 'Media.Unusable', images: 2, image: [(asked) => data({ url: `${asked.other}/files/gone.png` })] },
  { name: 'an address of the cloud itself', source: 'OWASP, SSRF', ends: 'Media.Forbidden', images: 1, image: [data({ url: 'http://169.254.169.254/latest/meta-data/picture.png' })] },
  { name: 'an address that leads to a private one', source: 'OWASP, SSRF', ends: 'Media.Forbidden', images: 1, image: [(asked) => data({ url: `${asked.own}/files/a?next=${encodeURIComponent('http://[::1]:9/picture.png')}` })] },
  { name: 'a name that has a private address', source: 'DNS rebinding', ends: 'Media.Forbidden', images: 1, image: [(asked) => data({ url: asked.own.replace('127.0.0.1', 'localhost') + '/files/picture.png' })] },
  { name: 'an address of a file', source: 'OWASP, SSRF', ends: 'Media.Forbidden', images: 1, image: [data({ url: 'file:///etc/passwd' })] },
];

const NOT_READY = refuse(400, { code: 'video_not_ready', message: 'Task is not completed yet' });
const wrapped = (status: string) => (asked: Asked) =>
  json({ code: 0, message: 'ok', data: { task_id: asked.id, status } });
const first = (reply: Reply, times: number, then: Script): Script => [...Array<Reply>(times).fill(reply), ...then];

// prettier-ignore
const CLIPS: readonly MediaCase[] = [
  { name: 'the seconds are 4, 8 or 12', source: 'ArcReel#741', ends: 'film', submit: [only('seconds', ['4', '8', '12'], "Invalid value: '3'. Supported values are: '4', '8', and '12'.", queued)] },
  { name: 'the seconds are from 5 to 15', source: 'ArcReel#1440', ends: 'film', submit: [only('seconds', ['5'], 'duration must be between 5 and 15 seconds', queued)] },
  { name: 'the seconds are called wrong', source: 'ArcReel#468', ends: 'film', submit: [only('seconds', ['5', '10'], 'invalid seconds', queued)] },
  { name: 'the size is another one', source: 'sora-2 types', ends: 'film', submit: [only('size', ['1280x720', '720x1280'], "Invalid value: '64x36'. Supported values are: '720x1280' and '1280x720'.", queued)], content: [({ seconds }) => ({ file: `large-${seconds}.mp4` })] },
  { name: 'the size is a tier', source: 'Ark, Luma', ends: 'film', submit: [only('size', ['480p', '720p'], 'size must be one of: 480p, 720p', queued)], content: [({ seconds }) => ({ file: `large-${seconds}.mp4` })] },
  { name: 'states in other words', source: 'ArcReel#1888, #410', ends: 'film', submit: [job({ status: 'NOT_START' })], poll: [job({ status: 'unknown' }), job({ status: 'running', progress: '30%' }), job({ status: 'succeeded' })] },
  { name: 'the job in a wrapper', source: 'ArcReel#1889', ends: 'film', submit: [wrapped('SUBMITTED')], poll: [wrapped('IN_PROGRESS'), wrapped('SUCCESS')] },
  { name: 'an id under another name and no state', source: 'Runway, MiniMax', ends: 'film', submit: [(asked) => json({ task_id: asked.id, base_resp: { status_code: 0, status_msg: 'success' } })], poll: [(asked) => json({ task_id: asked.id, status: 'Queueing' }), (asked) => json({ task_id: asked.id, status: 'Success' })] },
  { name: 'an empty answer while it runs', source: 'xAI 202', ends: 'film', poll: [{ status: 202, body: '' }, done] },
  { name: '404 right after the submit', source: 'ArcReel', ends: 'film', poll: first(refuse(404, { message: 'Video not found' }), 5, [done]) },
  { name: '404 for ever', source: 'LiteLLM', ends: 'Video.JobLost', clips: 1, poll: [refuse(404, { message: 'Video not found' })] },
  { name: 'a web page for ever', source: 'one-api#1473', ends: 'Video.JobLost', clips: 1, poll: [PAGE] },
  { name: 'polls that fail in every way', source: 'node#20256', ends: 'film', poll: [refuse(502, { message: 'Bad gateway' }), CUT, { body: '{"id":', headers: { 'content-type': 'application/json' } }, refuse(429, { message: 'slow down' }), { ...json({ id: 'x' }), cutAfter: 3 }, refuse(400, { message: 'Task is not completed yet' }), done] },
  { name: 'the job has expired', source: 'ArcReel#651', ends: 'Video.JobFailed', clips: 2, poll: [job({ status: 'expired' })] },
  { name: 'the job was cancelled there, once', source: 'OpenRouter', ends: 'film', clips: 2, poll: [job({ status: 'cancelled' }), done] },
  { name: 'the job fails', source: 'OpenAI videos', ends: 'Video.JobFailed', clips: 2, poll: [job({ status: 'failed', error: { code: 'server_error', message: 'try later' } })] },
  { name: 'the job fails, in a plain string', source: 'OpenRouter videos', ends: 'Video.JobFailed', clips: 2, poll: [job({ status: 'FAILURE', fail_reason: 'upstream task failed' })] },
  { name: 'the job is moderated', source: 'Runway SAFETY', ends: 'Provider.Refused', clips: 1, poll: [job({ status: 'FAILED', failure: 'not allowed', failureCode: 'SAFETY.OUTPUT.THIRD_PARTY' })] },
  { name: 'the job is called nsfw', source: 'Higgsfield', ends: 'Provider.Refused', clips: 1, poll: [job({ status: 'nsfw' })] },
  { name: 'the job fails for money', source: 'Ark', ends: 'Provider.QuotaExhausted', clips: 1, poll: [job({ status: 'failed', error: { code: 'AccountOverdueError', message: 'overdue' } })] },
  { name: 'no credit within a 200', source: 'MiniMax', ends: 'Provider.QuotaExhausted', clips: 1, submit: [json({ base_resp: { status_code: 1008, status_msg: 'insufficient balance' } })] },
  { name: 'the prompt is moderated', source: 'DashScope', ends: 'Provider.Refused', clips: 0, submit: [json({ code: 'DataInspectionFailed', message: 'inappropriate content', request_id: 'r' }, 400)] },
  { name: 'a submit whose answer is lost', source: 'fal-js retries', ends: 'Video.AmbiguousSubmit', clips: 1, submit: [CUT] },
  { name: 'a submit behind a gateway that gave up', source: 'Cloudflare 524', ends: 'Video.AmbiguousSubmit', clips: 0, submit: [{ status: 524, body: 'A timeout occurred' }] },
  { name: 'a submit without an id', source: 'ArcReel', ends: 'Video.AmbiguousSubmit', clips: 1, submit: [json({ object: 'video' })] },
  { name: 'a submit that gives a web page', source: 'one-api#1473', ends: 'Provider.NotFound', clips: 1, submit: [PAGE] },
  { name: 'a submit that is turned away twice', source: 'Kling 1303', ends: 'film', submit: first({ ...refuse(429, { message: 'parallel task over resource pack limit' }), headers: { 'retry-after-ms': '100' } }, 1, [queued]) },
  { name: 'the clip is not ready', source: 'ArcReel#241', ends: 'film', content: first(NOT_READY, 3, [({ seconds }) => ({ file: `clip-${seconds}.mp4` })]) },
  { name: 'the clip is never ready', source: 'ArcReel#410', ends: 'Video.JobLost', clips: 1, content: [NOT_READY] },
  { name: 'the clip has expired', source: 'sora-extend-enhanced#2', ends: 'Video.JobLost', clips: 1, content: [refuse(404, { message: 'Video has expired' })] },
  { name: 'the clip is elsewhere', source: 'aisix#811', ends: 'film', content: [({ other, seconds }) => ({ status: 302, headers: { location: `${other}/files/clip-${seconds}.mp4?sig=1` } })] },
  { name: 'the clip is at a private address', source: 'OWASP, SSRF', ends: 'Media.Forbidden', clips: 1, content: [{ status: 307, headers: { location: 'http://10.0.0.1/clip.mp4' } }] },
  { name: 'the clip has an address', source: 'new-api', ends: 'film', poll: [({ id, other, seconds }) => json({ id, status: 'SUCCESS', result_url: `${other}/files/clip-${seconds}.mp4` })] },
  { name: 'the address changes until it is right', source: 'Runway: fetch the task again', ends: 'film', poll: [({ id, other }) => json({ id, status: 'done', video: { url: `${other}/files/gone.mp4` } }), ({ id, other, seconds }) => json({ id, status: 'done', video: { url: `${other}/files/clip-${seconds}.mp4` } })] },
  { name: 'the clip breaks on its way', source: 'MiniMax cli#206', ends: 'film', content: [{ body: Buffer.alloc(5_000), cutAfter: 2_000 }, ({ seconds }) => ({ file: `clip-${seconds}.mp4` })] },
  { name: 'the clip is no video', source: 'MyTube#471', ends: 'Media.Unusable', clips: 2, content: [{ body: 'not a clip', headers: { 'content-type': 'video/mp4' } }] },
  { name: 'the first clip is no video', source: 'MyTube#471', ends: 'film', clips: 2, content: [{ body: 'not a clip' }, { body: 'not a clip' }, ({ seconds }) => ({ file: `clip-${seconds}.mp4` })] },
  { name: 'the clip is a GIF', source: 'ComfyUI', ends: 'film', content: [({ seconds }) => ({ file: `clip-${seconds}.gif` })] },
  { name: 'the clip is AVI', source: 'ComfyUI', ends: 'film', content: [({ seconds }) => ({ file: `clip-${seconds}.avi` })] },
  { name: 'the clip is behind its poster', source: 'Replicate output', ends: 'film', poll: [({ id, other, seconds }) => json({ id, status: 'succeeded', output: [`${other}/files/poster.png`, `${other}/files/clip-${seconds}.mp4`] })] },
  { name: 'a picture in the place of a clip', source: 'Replicate output', ends: 'Media.Unusable', clips: 2, content: [{ file: 'picture.png' }] },
  { name: 'a black clip that is called indecent', source: 'WaveSpeed', ends: 'Provider.Refused', clips: 1, poll: [({ id, other, seconds }) => json({ code: 200, data: { id, status: 'completed', outputs: [`${other}/files/clip-${seconds}.mp4`], has_nsfw_contents: [true] } })] },
  { name: 'the job fails a risk control', source: 'Kling', ends: 'Provider.Refused', clips: 1, poll: [({ id }) => json({ code: 0, data: { task_id: id, task_status: 'failed', task_status_msg: 'Failure to pass the risk control system' } })] },
  { name: 'an error in place of the clip', source: 'aisix#820', ends: 'film', content: [json({ error: { message: 'still processing' } }), ({ seconds }) => ({ file: `clip-${seconds}.mp4` })] },
];

export const MEDIA_CASES: readonly MediaCase[] = [...IMAGES, ...CLIPS];

/** The cases as a table of Markdown, without padding. */
export function mediaTable(cases: readonly MediaCase[]): string {
  const rows = cases.map(({ name, source, ends, image, images = 1, clips = image && ends !== 'film' ? 0 : 1 }) =>
    [
      image ? 'image' : 'clip',
      name,
      source,
      ends === 'film' ? 'a film' : `\`${ends}\``,
      `${image ? images : clips}`,
    ].join(' | '),
  );
  return rows.map((row) => `| ${row} |`).join('\n');
}
