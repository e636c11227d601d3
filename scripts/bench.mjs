// `npm run bench`: install what the benchmarks need, build, measure.
import { become, build, installDebian, installPackages } from './setup.mjs';

installPackages();
installDebian({ ffmpeg: 'ffmpeg', bwrap: 'bubblewrap', nginx: 'nginx', wrk: 'wrk' });
build();
become('node', ['--disable-warning=ExperimentalWarning', 'bench/main.ts', ...process.argv.slice(2)]);
