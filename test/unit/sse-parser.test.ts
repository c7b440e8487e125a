import fc from 'fast-check';
import { SseParser } from '../../src/providers';

/** All events of a stream that comes in these reads. */
function parse(...reads: (string | Buffer)[]) {
  const parser = new SseParser();
  const events = reads.flatMap((read) => parser.push(Buffer.from(read as string)));
  return [...events, ...parser.end()];
}

const data = (...texts: string[]) => texts.map((text) => expect.objectContaining({ data: text }) as object);

describe('The parser of server-sent events', () => {
  test.each<[what: string, reads: string[], expected: string[]]>([
    ['an event ends with a blank line', ['data: a\n\ndata: b\n\n'], ['a', 'b']],
    ['lines end with \\r', ['data: a\r\rdata: b\r\r'], ['a', 'b']],
    ['lines end with \\r\\n', ['data: a\r\n\r\ndata: b\r\n\r\n'], ['a', 'b']],
    ['all three line ends may be mixed', ['data: a\r\n\ndata: b\n\r\ndata: c\r\r'], ['a', 'b', 'c']],
    ['\\r\\n is one line end, also cut between two reads', ['data: a\r', '\ndata: b\r', '\n\r', '\n'], ['a\nb']],
    ['an empty read between \\r and \\n changes nothing', ['data: a\r', '', '\ndata: b\n\n'], ['a\nb']],
    ['a byte order mark at the beginning is skipped', ['\ufeffdata: a\n\n'], ['a']],
    ['only the first byte order mark is skipped', ['\ufeffdata: \ufeffa\n\n'], ['\ufeffa']],
    ['comments are skipped', [': keep alive\n\ndata: a\n: more\ndata: b\n\n'], ['a\nb']],
    ['several data lines are joined by a line end', ['data: a\ndata: b\ndata:\n\n'], ['a\nb\n']],
    ['one space after the colon is dropped, further ones are not', ['data:a\n\ndata:  b\n\n'], ['a', ' b']],
    ['a field without a colon has an empty value', ['data\n\ndata\ndata\n\n'], ['', '\n']],
    ['a colon in the value stays', ['data: a: b:c\n\n'], ['a: b:c']],
    ['fields are told apart by case, and unknown ones skipped', ['DATA: x\nfoo: y\nretry: 9\ndata: a\n\n'], ['a']],
    ['a field name may not begin with a space', [' data: x\n\ndata: a\n\n'], ['a']],
    ['an event without data is none', ['event: ping\nid: 3\n\n\n\ndata: a\n\n'], ['a']],
    ['a last event that lacks its blank line is given', ['data: a\n\ndata: b\n'], ['a', 'b']],
    ['a last line that lacks its line end is given', ['data: a\n\ndata: b'], ['a', 'b']],
    ['an empty stream has no events', [''], []],
  ])('%s', (_what, reads, expected) => {
    expect(parse(...reads)).toEqual(data(...expected));
  });

  test('gives an event as soon as its blank line is there', () => {
    const parser = new SseParser();
    expect(parser.push(Buffer.from('data: a\n'))).toEqual([]);
    expect(parser.push(Buffer.from('\n'))).toEqual(data('a'));
    expect(parser.push(Buffer.from('data: b\r\n\r'))).toEqual(data('b'));
    expect(parser.end()).toEqual([]);
  });

  test('names an event, and forgets the name after it', () => {
    expect(parse('event: token\ndata: a\n\ndata: b\n\nevent: x\nevent\ndata: c\n\n').map(({ event }) => event)).toEqual(
      ['token', 'message', 'message'],
    );
  });

  test('puts characters together that were cut between two reads', () => {
    const bytes = Buffer.from('data: 雨🎬é\n\n');
    for (let cut = 0; cut <= bytes.length; cut++) {
      expect(parse(bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(data('雨🎬é'));
    }
  });

  test('reads an event of very many lines in a moment', () => {
    const read = 'data\n'.repeat(12_000);
    const [only] = parse(...Array.from({ length: 33 }, () => read));
    expect(only?.data).toHaveLength(33 * 12_000 - 1);
  });

  test('gives the same events however the bytes are cut', () => {
    const lines = fc.constantFrom('data: 雨', 'data:🎬', 'data', 'event: x', 'id: 7', ': note', '', '', '\ufeff', 'é');
    const ends = fc.constantFrom('\n', '\r', '\r\n');
    const stream = fc.array(fc.tuple(lines, ends)).map((all) => Buffer.from(all.flat().join('')));
    fc.assert(
      fc.property(stream, fc.array(fc.nat({ max: 7 }), { minLength: 1 }), (bytes, sizes) => {
        const reads: Buffer[] = [];
        for (let at = 0, i = 0; at < bytes.length; i++) {
          const size = Math.max(sizes[i % sizes.length] ?? 1, i % 2);
          reads.push(bytes.subarray(at, at + size));
          at += size;
        }
        expect(parse(...reads)).toEqual(parse(bytes));
      }),
    );
  });
});
