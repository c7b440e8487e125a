import { render } from 'preact';
import { Batch } from './batches/batch';
import { Batches } from './batches/batches';
import { Films } from './films/films';
import { loadWords } from './i18n';
import { LiveFilm } from './live-film/live-film';
import { NewFilm } from './new-film/new-film';
import { startKeys } from './parts/keys';
import { Providers } from './providers/providers';
import { Review } from './review/review';
import { place, screenOf, startRouter, type Screen } from './router';
import { Settings } from './settings/settings';
import { takeLoginLink } from './shell/login-link';
import { NotFound } from './shell/not-found';
import { Shell } from './shell/shell';
import { Watch } from './watch/watch';

function show(screen: Screen) {
  switch (screen.name) {
    case 'films':
      return <Films />;
    case 'new-film':
      return <NewFilm />;
    case 'film':
      return <LiveFilm key={screen.id} id={screen.id} />;
    case 'batches':
      return <Batches />;
    case 'batch':
      return <Batch key={screen.id} id={screen.id} />;
    case 'review':
      return <Review />;
    case 'providers':
      return <Providers />;
    case 'settings':
      return <Settings />;
    case 'watch':
      return <Watch key={screen.id} id={screen.id} />;
    case 'missing':
      return <NotFound />;
  }
}

function App() {
  return <Shell>{show(screenOf(place.value.pathname))}</Shell>;
}

startRouter();
startKeys();
const root = document.getElementById('app');
void loadWords()
  .then(takeLoginLink)
  .then(() => root && render(<App />, root));
