const LABEL =
  /^[\s*_"“「#>]{0,8}(?:narrator|narration|voice[- ]?over|v\.?o\.?|旁白|解说|画外音|ナレーター|ナレーション|내레이션|narrador|narrateur|erzähler|narratore|рассказчик|диктор)(?: ?\([^()\n]{0,40}\))?[*_]{0,3} ?[::][*_]{0,3}\s*/i;
const MARK = /^ {0,3}(?:#{1,6} |```|~~~|(?:-{3,}|\*{3,}|_{3,})\s*$)/;
const LIST = /^ {0,3}(?:[-*+•] |\d{1,2}[.)] )/;
const OFFER =
  /^[(*_]{0,3}(?:would you like|do you want me|shall i|should i|let me know|i hope (?:you|this)|feel free|if you(?:['’]d| would) like|is there anything|(?:如果)?(?:你|您)(?:想|希望|需要|要)|需要我|希望(?:你|您)喜欢)/i;
/** Each is a whole line before a text: it announces that text, and does nothing else. */
const PREAMBLES = [
  /^(?!this is [^\n]*[.!]$)(?:(?:sure|certainly|of course|absolutely|ok(?:ay)?|great|no problem)\b[^\n:]{0,40}[!.,:] ?)?(?:here(?:['’]s| is)|below is|this is) (?:a |an |the |your |my )?(?:[\w-]{1,20} ){0,5}(?:story|tale|narrative|script|rewrite|version)(?: (?:for you|as requested|you asked for|(?:about|based on) [^\n:]{1,60}))?[:.!]$/i,
  /^(?:(?:好的|没问题|当然(?:可以)?)[,,!!。]? ?)?(?:以下|下面|这)(?:就)?是[^\n::]{0,30}(?:故事|短文|剧本)[^\n::]{0,8}[::]$/,
  /^(?:bien sûr ?[!,.:] ?)?voici [^\n:]{0,30}(?:histoire|récit|conte)[^\n:]{0,20}:$/i,
  /^(?:(?:gerne|natürlich|klar)[!,.:] ?)?hier ist [^\n:]{0,30}geschichte[^\n:]{0,20}:$/i,
  /^(?:¡?(?:claro|por supuesto)[^\n:]{0,20}[!,.:] ?)?aquí (?:está|tienes|tiene|va) [^\n:]{0,30}(?:historia|cuento|relato)[^\n:]{0,20}:$/i,
];
/** A longer line is no heading, label or list item. */
const MAX_OF_LINE = 200;
const MAX_LINES = 5_000;
/** A list may be a part of a story; headings and fences are not. */
const FEW = 3;

/** Headings, fences, rules, or lists. */
export function marked(text: string): boolean {
  const lines = linesOf(text);
  return lines.some((line) => MARK.test(line)) || lines.filter((line) => LIST.test(line)).length >= FEW;
}

/** Names the speaker before the spoken text. */
export function labelled(text: string): boolean {
  return linesOf(text).some((line) => LABEL.test(line));
}

/** Begins with a line that announces it, such as “Here is the story:”. */
export function announced(text: string): boolean {
  const lines = linesOf(text.slice(0, 2_000)).filter((line) => line.trim() !== '');
  const first = (lines[0] ?? '').replace(/[*_]/g, '').trim();
  return lines.length > 1 && PREAMBLES.some((each) => each.test(first));
}

/** Turns to the reader in its last paragraph. */
export function offer(text: string): boolean {
  const lines = linesOf(text.slice(-2_000)).filter((line) => line.trim() !== '');
  return lines.length > 1 && OFFER.test((lines.at(-1) ?? '').trim());
}

/** A narration as it is spoken: without the marks of Markdown, a label before it, or quotation marks around all of it. */
export function spoken(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/^ {0,3}(?:#{1,6} |>{1,3} ?|[-*+•] )/, ''));
  let plain = lines
    .filter((line) => !MARK.test(line))
    .join('\n')
    .replace(/\*\*|__|~~|`/g, '');
  plain = plain.replace(LABEL, '').trim();
  // One star on each side of words, and no star within them.
  plain = plain.replace(/(?<![\w*])\*([^*\n]{1,300})\*(?![\w*])/g, '$1');
  const within = /^["“«「]([^"“”«»「」]+)["”»」]$/.exec(plain)?.[1];
  return (within ?? plain).trim();
}

function linesOf(text: string): string[] {
  return text.split('\n', MAX_LINES).map((line) => line.slice(0, MAX_OF_LINE));
}
