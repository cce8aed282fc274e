"""Results of a study: its front, its winner, and the page that shows them."""
