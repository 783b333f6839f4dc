// Names that dashboards share: their uids, which never change, because links and bookmarks hold them.

export const uids = {
  landingPages: 'weir-landing-pages',
  onePage: 'weir-one-landing-page',
  acquisition: 'weir-acquisition',
  pipeline: 'weir-pipeline-health',
};

/** Every dashboard carries it; the menu of links lists what does. */
export const tag = 'weir';

export const datasource = { type: 'prometheus', uid: '${datasource}' };

/** Labels of the instances chosen at the top. Every query has them. */
export const instances = 'job=~"$job", instance=~"$instance"';
export const sites = `${instances}, site=~"$site"`;
