"""What a study has learnt: its front, its winner, and the page that shows them."""
