import type { Reason as Said } from '../i18n/server-words';

/** A reason in the language of the page, then the server's own words, if they are in another one. */
export function Reason({ of: { text, detail } }: { readonly of: Said }) {
  return (
    <>
      {text}
      {detail !== undefined && (
        <>
          {' '}
          <span class="server-words" lang="en">
            {detail}
          </span>
        </>
      )}
    </>
  );
}
