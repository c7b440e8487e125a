/** ISO 639-2 codes of languages, by their shorter codes; others count as unknown. */
const CODES = new Map(
  (
    'af:afr am:amh ar:ara az:aze be:bel bg:bul bn:ben bs:bos ca:cat cs:ces cy:cym da:dan de:deu el:ell en:eng es:spa ' +
    'et:est eu:eus fa:fas fi:fin fr:fra ga:gle gl:glg gu:guj he:heb hi:hin hr:hrv hu:hun hy:hye id:ind is:isl it:ita ' +
    'ja:jpn ka:kat kk:kaz km:khm kn:kan ko:kor lo:lao lt:lit lv:lav mk:mkd ml:mal mn:mon mr:mar ms:msa my:mya nb:nob ' +
    'ne:nep nl:nld nn:nno no:nor pa:pan pl:pol pt:por ro:ron ru:rus si:sin sk:slk sl:slv sq:sqi sr:srp sv:swe sw:swa ' +
    'ta:tam te:tel th:tha tl:tgl tr:tur uk:ukr ur:urd uz:uzb vi:vie zh:zho zu:zul'
  )
    .split(' ')
    .map((pair) => pair.split(':') as [string, string]),
);
const UNKNOWN = 'und';

/** The language of a track as an mp4 stores it: three letters of five bits each. Source: ISO/IEC 14496-12. */
export function languageOfTrack(tag: string | undefined): number {
  const short = tag?.split('-')[0] ?? UNKNOWN;
  const code = short.length === 3 ? short : (CODES.get(short) ?? UNKNOWN);
  return [...code].reduce((bits, letter) => (bits << 5) | (letter.charCodeAt(0) - 0x60), 0);
}
