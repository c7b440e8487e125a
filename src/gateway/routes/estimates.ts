import type { EstimateInput } from '../../client';
import { INPUTS } from '../../client/internal';
import { storiesOf, type App } from '../app';
import { filmEstimate } from '../schemas';

export function addEstimates(app: App): void {
  app.post(
    '/v1/estimates',
    {
      config: { scope: 'read' },
      schema: {
        summary: 'What a film would cost that does not exist yet; nothing is stored or paid',
        body: INPUTS['the estimate'],
        response: { 200: filmEstimate },
      },
    },
    (request) => storiesOf(request).estimate(request.body as EstimateInput),
  );
}
