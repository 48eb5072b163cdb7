"""A schema splits a batch into accepted rows and rejected rows."""
