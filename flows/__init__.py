"""When and how often: Prefect flows that only orchestrate. They take ids, call `pipeline` and `storage`, return ids."""
