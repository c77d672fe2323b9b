-- phase: expand
CREATE TABLE page_views (
  project TEXT NOT NULL,
  access TEXT NOT NULL,
  agent TEXT NOT NULL,
  article TEXT NOT NULL
    CONSTRAINT page_views_article CHECK (length(CAST(article AS BLOB)) BETWEEN 1 AND 255),
  year INTEGER NOT NULL,
  month INTEGER NOT NULL CONSTRAINT page_views_month CHECK (month BETWEEN 1 AND 12),
  views INTEGER NOT NULL CONSTRAINT page_views_views CHECK (views >= 0),
  stored_at TEXT NOT NULL,
  PRIMARY KEY (article, year, month, project, access, agent)
) STRICT, WITHOUT ROWID;

CREATE INDEX page_views_stored_at ON page_views (stored_at);
