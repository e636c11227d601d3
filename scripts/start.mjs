// `npm start`: install what is missing, build what changed, run the product.
import { become, build, installDebian, installPackages } from './setup.mjs';

installPackages();
installDebian({ ffmpeg: 'ffmpeg', bwrap: 'bubblewrap' });
build();
become('node', ['--disable-warning=ExperimentalWarning', 'ptsdly/src/main.ts', ...process.argv.slice(2)]);
