// `npm run build`: the web app and the media server's bundle.
import { build, installPackages } from './setup.mjs';

installPackages();
build({ force: process.argv.includes('--force') });
