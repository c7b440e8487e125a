export type Language = 'en' | 'zh';

/** Chinese when at least a fifth of the letters are Han. */
export function languageOf(text: string): Language {
  const han = text.match(/\p{Script=Han}/gu)?.length ?? 0;
  const latin = text.match(/\p{Script=Latin}/gu)?.length ?? 0;
  return han > 0 && han * 4 >= latin ? 'zh' : 'en';
}

/**
 * Whole sentences with their closing quotes, in order; joined they are the text without the white space between them.
 */
export function sentencesOf(text: string): string[] {
  const found = text.match(/[^.!?。!?\n]+(?:[.!?。!?]+["'”’」』)]*|\n|$)/gu) ?? [];
  return found.map((sentence) => sentence.trim()).filter((sentence) => /[\p{L}\p{N}]/u.test(sentence));
}

/** Emoji in the order they appear, each with its modifiers. */
export function emojiIn(text: string): string[] {
  return text.match(emojiPattern) ?? [];
}

const emojiPattern = /\p{Emoji_Presentation}(?:\uFE0F|\p{Emoji_Modifier}|\u200D\p{Extended_Pictographic}\uFE0F?)*/gu;
