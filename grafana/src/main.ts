// Writes dashboards/*.json anew.
import { writeFileSync } from 'node:fs';
import { rendered } from './dashboards';

for (const [file, text] of rendered()) writeFileSync(`dashboards/${file}`, text);
