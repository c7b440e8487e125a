import { NOT_MODIFIED } from '../answers';
import { storiesOf, type App } from '../app';
import { sendTagged } from '../conditional';
import { linkToNext } from '../link-to-next';
import { pageQuery, reviewPage } from '../schemas';
import { defined } from '../../protocol';

export function addReview(app: App): void {
  app.get(
    '/v1/review',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Gates that wait and parked lanes of all projects, the oldest first',
        querystring: pageQuery,
        response: { 200: reviewPage, ...NOT_MODIFIED },
      },
    },
    async (request, reply) => {
      const page = await storiesOf(request).review(defined(request.query));
      linkToNext(reply, '/v1/review', request.query, page.next);
      return sendTagged(request, reply, page);
    },
  );
}
