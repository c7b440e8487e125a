const piece = new RegExp(
  [
    String.raw`\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier}|\u200D\p{Extended_Pictographic})*`,
    String.raw` ?\p{Script=Latin}{1,6}`,
    String.raw`\p{L}{1,2}`,
    String.raw` ?\p{N}{1,3}`,
    String.raw`\s+`,
    '[^]',
  ].join('|'),
  'gu',
);

/** Cuts a text into word pieces of the size that real models stream. Joined they are the text; no character is cut. */
export function tokenize(text: string): string[] {
  return text.match(piece) ?? [];
}
