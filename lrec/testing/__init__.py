"""The contracts that components keep, for tests of lrec's and of a user's own package."""
