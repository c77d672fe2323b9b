-- phase: expand
CREATE TABLE page_views (
  project text NOT NULL,
  access text NOT NULL,
  agent text NOT NULL,
  article text NOT NULL
    CONSTRAINT page_views_article CHECK (octet_length(article) BETWEEN 1 AND 255),
  year integer NOT NULL,
  month integer NOT NULL CONSTRAINT page_views_month CHECK (month BETWEEN 1 AND 12),
  views bigint NOT NULL CONSTRAINT page_views_views CHECK (views >= 0),
  stored_at timestamptz NOT NULL,
  PRIMARY KEY (article, year, month, project, access, agent)
);

CREATE INDEX page_views_stored_at ON page_views (stored_at);
