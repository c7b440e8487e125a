/** A sentence of a comment, with its place. */
export interface Sentence {
  readonly line: number;
  readonly text: string;
}

const COMMENT_LINE = /^\s*(?:\/\/|\/\*|\*)/;
const TRAILING_COMMENT = /\s\/\/\s(?=[A-Z])/;
/** A blank line, a list item or a tag begins a new paragraph, and with it a new sentence. */
const NEW_PARAGRAPH = /^(?:[-*•|]|\d+\.|@\w+)/;
const SENTENCE_END = /(?<=[.?!])\s+(?=[A-Z`(])/;

/** The sentences of all comments in a source file. Code in backticks counts as one word. */
export function commentSentences(source: string): Sentence[] {
  const sentences: Sentence[] = [];
  let paragraph: string[] = [];
  let begin = 0;
  const end = () => {
    const text = paragraph.join(' ').replace(/`[^`]*`/g, 'X');
    paragraph = [];
    for (const sentence of text.split(SENTENCE_END)) {
      if (sentence.trim() !== '') sentences.push({ line: begin, text: sentence.trim() });
    }
  };
  source.split('\n').forEach((line, i) => {
    const isComment = COMMENT_LINE.test(line);
    const trailing = isComment ? -1 : line.search(TRAILING_COMMENT);
    const text = isComment ? line.trim() : trailing < 0 ? '' : line.slice(trailing).trim();
    const words = text.replace(/^(?:\/\*+|\*\/|\*|\/\/)\s?/, '').replace(/\s*\*\/$/, '');
    if (!isComment || words === '' || NEW_PARAGRAPH.test(words) || line.trim().startsWith('/*')) end();
    if (words === '') return;
    if (paragraph.length === 0) begin = i + 1;
    paragraph.push(words);
    if (!isComment || line.trim().endsWith('*/')) end();
  });
  end();
  return sentences;
}

const MAX_WORDS = 25;

/** Words with a plainer one: publish, announce, report, continue, store or state. A stand-in is a standard term. */
const UNCLEAR =
  /\b(?:tells?|telling|told|untold|go(?:es)? on|going on|gone on|went on|says?|saying|said|hears?|heard|stands?(?!-in)|stood|standing)\b/i;

/** A sentence that only continues the name in the code: "Of a path, in a message." */
const WITHOUT_SUBJECT = /^Of [^,]*(?:, (?:as|in|from) [^,]*)?\.$/;

/** What a reader whose first language is another would stumble over; undefined if the sentence is plain. */
export function fault(sentence: string): string | undefined {
  const words = sentence.match(/[\p{L}\p{N}][\p{L}\p{N}'’./_-]*/gu)?.length ?? 0;
  if (words > MAX_WORDS) return `${words} words`;
  return UNCLEAR.exec(sentence)?.[0];
}

/** The same for a sentence of a comment, which must be understood without the name that it stands over. */
export function commentFault(sentence: string): string | undefined {
  return WITHOUT_SUBJECT.test(sentence) ? 'no subject' : fault(sentence);
}
