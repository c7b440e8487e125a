/** The package's entry `storyreel/protocol`. It loads no package, so browsers can use it. */
export * from './public';
export {
  EventStream,
  StoryPage,
  type LanePage,
  type MadeItem,
  type Mark,
  type PageChange,
  type Proof,
  type StreamMessage,
  type TextBlock,
} from './viewer';
