import { t } from '../i18n';
import { Screen } from '../parts/screen';

export function NotFound({ hint = t().noSuchPage }: { readonly hint?: string }) {
  return (
    <Screen title={t().notFound}>
      <p>{hint}</p>
      <p>
        <a href="/">{t().toFilms}</a>
      </p>
    </Screen>
  );
}
