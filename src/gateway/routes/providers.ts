import { NOT_MODIFIED } from '../answers';
import { storiesOf, type App } from '../app';
import { sendTagged } from '../conditional';
import { providerList } from '../schemas';

export function addProviders(app: App): void {
  app.get(
    '/v1/providers',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'Models that can be asked, and what is known of them',
        response: { 200: providerList, ...NOT_MODIFIED },
      },
    },
    async (request, reply) => sendTagged(request, reply, { providers: await storiesOf(request).providers() }),
  );
}
