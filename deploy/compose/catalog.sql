-- Beside Prefect's database, which the image makes: one for the catalog (docs/architecture.md).
CREATE DATABASE catalog;
