import { PROBLEM } from '../answers';
import { storiesOf, type App } from '../app';
import { sendTagged } from '../conditional';
import { linkToNext } from '../link-to-next';
import { outcomePage, pageQuery } from '../schemas';
import { defined } from '../../protocol';

export function addOutcomes(app: App): void {
  app.get(
    '/v1/outcomes',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'How runs have ended, after a cursor, the oldest first',
        querystring: pageQuery,
        response: { 200: outcomePage, 410: PROBLEM },
      },
    },
    async (request, reply) => {
      const page = await storiesOf(request).outcomes(defined(request.query));
      // Who follows links alone would ask without end.
      const next = page.outcomes.length > 0 ? page.next : undefined;
      linkToNext(reply, '/v1/outcomes', request.query, next);
      return sendTagged(request, reply, page);
    },
  );
}
