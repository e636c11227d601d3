export { type Examination, examine } from './examination.ts';
export { faults } from './faults.ts';
export { fixtures } from './fixtures.ts';
export { sources } from './sources.ts';
export { type TortureCase, tortureCases } from './torture-cases.ts';
