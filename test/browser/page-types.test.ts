import type * as client from '../../src/client';
import type * as page from '../../web/api/types';

/** As JSON has it: dates are texts. */
type Json<T> = T extends Date
  ? string
  : T extends readonly (infer Each)[]
    ? readonly Json<Each>[]
    : T extends string | number | boolean | undefined | null
      ? T
      : { readonly [Key in keyof T]: Json<T[Key]> };

/** The page states only what it reads of an answer. A name or a type that the client does not give does not compile here. */
interface Answers {
  readonly view: page.ProjectView;
  readonly page: page.ProjectPage;
  readonly editable: page.Editable;
  readonly explanation: page.Explanation;
  readonly estimate: page.Estimate;
  readonly batch: page.BatchView;
  readonly call: page.PaidCall;
  readonly provider: page.ProviderView;
}
interface Given {
  readonly view: Json<client.ProjectView>;
  readonly page: Json<client.ProjectPage>;
  readonly editable: Json<client.EditableProject>;
  readonly explanation: Json<client.ProjectExplanation>;
  readonly estimate: Json<client.FilmEstimate>;
  readonly batch: Json<client.BatchView>;
  readonly call: Json<client.PaidCall>;
  readonly provider: Json<Awaited<ReturnType<client.StoryClient['overview']['providers']>>[number]>;
}

test('what the page reads of an answer is what the client gives', () => {
  const read = (given: Given): Answers => given;
  expect(read).toBeInstanceOf(Function);
});
