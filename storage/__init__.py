"""Where things are kept: the object store, which is the only truth, and the catalog, a projection of it."""
