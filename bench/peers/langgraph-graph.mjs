import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { openProvider, textOf } from './provider.mjs';

/** A graph of one node, which asks the provider and hands each token to the run's stream of custom events. */
const State = Annotation.Root({ label: Annotation(), text: Annotation() });
const ask = openProvider(JSON.parse(process.env.BENCH_SERVICES));

async function complete({ label }, { writer }) {
  let text = '';
  for await (const chunk of await ask(label)) {
    const content = textOf(chunk);
    if (!content) continue;
    text += content;
    writer({ content });
  }
  return { text };
}

export const graph = new StateGraph(State)
  .addNode('complete', complete, { retryPolicy: { maxAttempts: 3 } })
  .addEdge(START, 'complete')
  .addEdge('complete', END)
  .compile();
