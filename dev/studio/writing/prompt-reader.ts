/**
 * Finds the facts in a prompt that a stand-in needs. Prompts are free text, so each fact has several usual spellings.
 */

const quotes = /^["'“”「『《`\s]+|["'“”」』》`\s]+$/g;

/** The topic to write about: after a `topic` label or in a tag, else after "about", else the last paragraph. */
export function topicIn(prompt: string): string {
  const found =
    /<topic>([^]*?)<\/topic>/i.exec(prompt) ??
    /^[\s*#>-]*(?:(?:the |original )?topic|subject|idea|主题|题目|话题|选题|原文)[\s*]*[::][\s*]*(?:"""|```)?\s*(.+)$/im.exec(
      prompt,
    ) ??
    /(?:story|tale|film|something) about[\s::]+["“]?([^"”\n]+)/i.exec(prompt) ??
    /(?:关于|围绕)[「“"《]?(.+?)[」”"》]?(?:的(?:短篇|小)?(?:故事|短文|文章|影片)|[,,。\n]|$)/.exec(prompt);
  const paragraphs = prompt.split(/\n\s*\n/).filter((each) => each.trim() !== '');
  const topic = (found?.[1] ?? paragraphs.at(-1) ?? '').trim().split('\n')[0] ?? '';
  return topic
    .replace(quotes, '')
    .replace(/[.。!!]+$/, '')
    .slice(0, 160)
    .trim();
}

const storyLabel =
  /(?:^|[.!?。!?][ \t]*)[\s*#>-]*(?:the )?(?:story|text|script|narrative|故事|正文|文案|文本)(?: (?:text|follows|below))?[\s*]*(?:[::]|\n)\s*([^]+)/im;
// The text after a story that does not belong to it: another heading, or the required form of the answer.
const afterStory =
  /\n\s*\n?(?=#|(?:return|answer|respond|reply|output|write)\b.*\bjson\b|(?:output|rules?|format|requirements?)[::]|请(?:输出|返回|只|用)|要求[::]|输出|返回)/i;

/** The story to draw up scenes for: in a tag or quotes, else after a `story` label, else the longest paragraph. */
export function storyIn(prompt: string): string {
  const fenced =
    /<(story|text|script)>([^]*?)<\/\1>/i.exec(prompt)?.[2] ?? /("""|```)(?:\w*\n)?([^]+?)\1/.exec(prompt)?.[2];
  if (fenced !== undefined) return fenced.trim();
  const labelled = storyLabel.exec(prompt)?.[1]?.split(afterStory)[0];
  const paragraphs = prompt.split(/\n\s*\n/).sort((a, b) => b.length - a.length);
  return (labelled ?? paragraphs[0] ?? '').trim();
}

const defaultScenes = 5;

/** The requested number of scenes; 5 if the prompt states none. */
export function sceneCountIn(prompt: string): number {
  const found =
    /exactly\s+(\d{1,4})\s+scenes?/i.exec(prompt) ??
    /(\d{1,4})\s*个?\s*(?:场景|分镜|镜头)/.exec(prompt) ??
    /(?:number of scenes|scene count|scenes)\s*[:=]\s*(\d{1,4})/i.exec(prompt) ??
    /(\d{1,4})\s+scenes?\b/i.exec(prompt);
  return found?.[1] === undefined ? defaultScenes : Number(found[1]);
}

/** The scene of a prompt; null if it states none. */
export function sceneNumberIn(prompt: string): number | null {
  const found =
    /scene[\s_]*(?:number)?["\s]*[:#=]?\s*(\d{1,4})/i.exec(prompt) ??
    /第\s*(\d{1,4})\s*[个幕场]|场景\s*(\d{1,4})/.exec(prompt);
  const number = found?.[1] ?? found?.[2];
  return number === undefined ? null : Number(number);
}
