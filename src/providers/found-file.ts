import { isFields, jsonIn } from './answer-fields';
import { imageTypeOf } from './image-kind';

/** What a file is, whose place in an answer is not known. */
export type SoughtFile = 'clip' | 'picture';

/** Members beside a result: what was sent, other files, and addresses of the service itself. */
const BESIDE =
  /^(?:inputs?|requests?|param(?:eter)?s|prompts?|options|settings|urls|logs?|errors?|usage|web)$|(?:^|[a-z_])(?:thumb|cover|poster|preview|avatar|mask|reference|first_?frame|last_?frame|audio|sound|webhook|callback|polling|status|cancel|(?:get|check|task)_?url|fetch_result|watermark_?url)/i;
const NAMED: Readonly<Record<SoughtFile, RegExp>> = {
  clip: /video|clip|movie|mp4/i,
  picture: /image|img|picture|photo|sample|png|jpe?g/i,
};
const ENDINGS: Readonly<Record<SoughtFile, RegExp>> = {
  clip: /\.(?:mp4|m4v|mov|webm|mkv|gif|avi|ts|flv|wmv|mpe?g|ogv)$/i,
  picture: /\.(?:png|jpe?g|webp|gif|avif|heic|bmp|tiff?|jxl)$/i,
};
const OTHER: Readonly<Record<SoughtFile, SoughtFile>> = { clip: 'picture', picture: 'clip' };
const IN_MARKDOWN = /!\[[^\]]{0,200}\]\(([^)\s[]+)\)/;
/** The end of the name of a member that leads to a file, whatever file it is. */
const LEADS_TO_ONE = /(?:ur[il]|file|asset|artifact|output|download|link|src|location)s?$/i;
/** So many characters of base64 name the format. */
const HEAD_CHARACTERS = 64;
const MOST_VALUES = 5_000;
const MOST_DEPTH = 8;

/** Whether an address ends as a file of another kind does, such as the picture beside a clip. */
export function isOtherFile(address: string, sought: SoughtFile): boolean {
  const path = pathOf(address);
  return !ENDINGS[sought].test(path) && ENDINGS[OTHER[sought]].test(path);
}

/**
 * The address, or the data, of the file in an answer whose form is not known. The end of an address counts for more than the
 * name of its member, and that for more than its being an address.
 */
export function foundFile(body: unknown, sought: SoughtFile): string | undefined {
  let values = 0;
  let [named, unnamed]: (string | undefined)[] = [];
  const look = (value: unknown, names: readonly string[]): string | undefined => {
    if (++values > MOST_VALUES || names.length > MOST_DEPTH) return undefined;
    if (typeof value === 'string') {
      const inner = structureIn(value);
      if (inner !== undefined) return look(inner, names);
      const file = fileIn(value.trim(), sought);
      if (file === undefined || isOtherFile(file, sought)) return undefined;
      if (/^data:/i.test(file) || ENDINGS[sought].test(pathOf(file))) return file;
      if (names.some((name) => NAMED[sought].test(name))) named ??= file;
      else if (LEADS_TO_ONE.test(names.join('.').replace(/\.\d+$/, ''))) unnamed ??= file;
      return undefined;
    }
    if (typeof value !== 'object' || value === null) return undefined;
    for (const [name, member] of Object.entries(value)) {
      const file = BESIDE.test(name) ? undefined : look(member, [...names, name]);
      if (file !== undefined) return file;
    }
    return undefined;
  };
  return look(body, []) ?? named ?? unnamed;
}

/** An address, a data URL, or base64 as a data URL. */
function fileIn(text: string, sought: SoughtFile): string | undefined {
  if (/^(?:https?:)?\/\/\S+$/i.test(text) || /^data:[^,]{0,100},/i.test(text)) return text;
  const [, inMarkdown] = (sought === 'picture' && IN_MARKDOWN.exec(text)) || [];
  if (inMarkdown !== undefined) return inMarkdown;
  if (text.length < HEAD_CHARACTERS || !/^[\w+/-]+$/.test(text.slice(0, HEAD_CHARACTERS))) return undefined;
  const head = Buffer.from(text.slice(0, HEAD_CHARACTERS), 'base64');
  const type = imageTypeOf(head);
  const isSought = sought === 'picture' ? type !== undefined : type === undefined && isClip(head);
  return isSought ? `data:;base64,${text}` : undefined;
}

/** The beginning of an mp4 or mov, and of a WebM or Matroska. */
function isClip(head: Buffer): boolean {
  return head.toString('latin1', 4, 8) === 'ftyp' || head.readUInt32BE(0) === 0x1a45dfa3;
}

function structureIn(text: string): unknown {
  const value = /^\s*[{[]/.test(text) ? jsonIn(text) : undefined;
  return isFields(value) || Array.isArray(value) ? value : undefined;
}

function pathOf(address: string): string {
  return /^data:/i.test(address) ? '' : (address.split(/[?#]/, 1)[0] ?? '');
}
